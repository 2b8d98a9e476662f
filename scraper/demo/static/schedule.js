// The Schedule component around FullCalendar: it asks the server for the window shown, and draws what comes.
PrimeFaces.widget.Schedule = function (cfg) {
  PrimeFaces.widget.Plain.call(this, cfg);
  this.jqc = $(this.jqId + '_container');
  this.viewNameState = $(this.jqId + '_view');
  cfg.formId = this.jq.closest('form').attr('id');
  cfg.theme = true;
  this.speak(PrimeFaces.locales[cfg.locale]);
  cfg.events = $.proxy(this.ask, this);
  cfg.eventClick = $.proxy(this.select, this);
  if (this.jq.is(':visible')) { this._render(); }
};
PrimeFaces.widget.Schedule.prototype = {
  // The library's own name. It draws nothing, and requests nothing, while it is hidden.
  _render: function () {
    this.jqc.fullCalendar(this.cfg);
    this.watchView();
  },
  speak: function (words) {
    if (!words) { return; }
    $.extend(this.cfg, {firstDay: words.firstDay, monthNames: words.monthNames, monthNamesShort: words.monthNamesShort,
      dayNames: words.dayNames, dayNamesShort: words.dayNamesShort, allDayText: words.allDayText,
      buttonText: {today: words.currentText, month: words.month, week: words.week, day: words.day}});
  },
  // The window's wall-clock times, taken at the offset that the browser has now: what the library does.
  ask: function (start, end, timezone, draw) {
    var offset = moment().utcOffset() * 60000, id = this.id;
    PrimeFaces.ajax.send({source: id, process: id, update: id, form: this.cfg.formId,
      params: [{name: id + '_start', value: start.valueOf() - offset}, {name: id + '_end', value: end.valueOf() - offset}],
      handle: {id: id, take: function (content) { draw($.parseJSON(content).events); }}});
  },
  select: function (event) {
    var chosen = (this.cfg.behaviors || {}).eventSelect;
    if (chosen) { chosen.call(this, {params: [{name: this.id + '_selectedEventId', value: event.id}]}); }
  },
  update: function () { this.jqc.fullCalendar('refetchEvents'); },
  watchView: function () {
    var state = this.viewNameState;
    this.jqc.find('.fc-toolbar button').on('click.schedule', function () {
      var view = (this.className.match(/fc-(\w+)-button/) || [])[1];
      if ($.inArray(view, ['prev', 'next', 'today']) < 0) { state.val(view); }
    });
  }
};
