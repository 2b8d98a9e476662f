// What the demo's pages need of the component library: its names, its requests, its answers. Written for this demo.
var PrimeFaces = {
  widgets: {}, widget: {}, locales: {}, VIEW_STATE: 'javax.faces.ViewState',
  escapeClientId: function (id) { return '#' + id.replace(/:/g, '\\:'); },
  cw: function (kind, name, cfg) {
    cfg.widgetVar = name;
    PrimeFaces.widgets[name] = new (PrimeFaces.widget[kind] || PrimeFaces.widget.Plain)(cfg);
  },
  addSubmitParam: function (form, values) {
    $.each(values, function (name, value) {
      $('<input type="hidden" class="ui-submit-param"/>').attr({name: name, value: value}).appendTo(PrimeFaces.escapeClientId(form));
    });
    return this;
  },
  submit: function (form) {
    $(PrimeFaces.escapeClientId(form)).submit().children('input.ui-submit-param').remove();
  },
  ab: function (cfg, ext) {
    PrimeFaces.ajax.send({source: cfg.s, form: cfg.f, process: cfg.p, update: cfg.u, event: cfg.e, params: cfg.pa,
      oncomplete: cfg.onco, onsuccess: cfg.onsu, ext: ext || {}});
  }
};
function PF(name) { return PrimeFaces.widgets[name]; }

// One request at a time, as the server's view wants it; the order of the parameters is the recorded one.
PrimeFaces.ajax = {
  waiting: [],
  send: function (request) {
    this.waiting.push(request);
    if (this.waiting.length === 1) { this.post(request); }
  },
  next: function () {
    this.waiting.shift();
    if (this.waiting.length) { this.post(this.waiting[0]); }
  },
  parameters: function (request, form) {
    var named = [['javax.faces.partial.ajax', 'true'], ['javax.faces.source', request.source]];
    if (request.process) { named.push(['javax.faces.partial.execute', request.process]); }
    if (request.update) { named.push(['javax.faces.partial.render', request.update]); }
    if (request.event) {
      named.push(['javax.faces.behavior.event', request.event], ['javax.faces.partial.event', request.event]);
    } else { named.push([request.source, request.source]); }
    return $.map(named, function (pair) { return {name: pair[0], value: pair[1]}; })
      .concat(request.params || [], (request.ext || {}).params || [], form.serializeArray());
  },
  post: function (request) {
    var form = request.form ? $(PrimeFaces.escapeClientId(request.form))
      : $(PrimeFaces.escapeClientId(request.source)).closest('form');
    $(document).trigger('pfAjaxStart');
    $.ajax({
      url: form.attr('action'), type: 'POST', cache: false, dataType: 'xml', global: false,
      data: $.param(PrimeFaces.ajax.parameters(request, form)),
      beforeSend: function (xhr) { xhr.setRequestHeader('Faces-Request', 'partial/ajax'); },
      success: function (xml, status, xhr) {
        $(document).trigger('pfAjaxSuccess', [xhr]);
        PrimeFaces.ajax.take(xml, request.handle);
      },
      error: function (xhr) { $(document).trigger('pfAjaxError', [xhr]); },
      complete: function (xhr, status) {
        if (request.oncomplete) { request.oncomplete.call(request, xhr, status, {}); }
        $(document).trigger('pfAjaxComplete', [xhr]);
        PrimeFaces.ajax.next();
      }
    });
  },
  take: function (xml, handle) {
    $(xml).find('partial-response').children().each(function () {
      if (this.nodeName === 'redirect') { window.location = this.getAttribute('url'); }
      if (this.nodeName === 'changes') { $(this).children('update').each(function () { PrimeFaces.ajax.update(this, handle); }); }
    });
  },
  update: function (node, handle) {
    var id = node.getAttribute('id'), content = $(node).text();
    if (handle && handle.id === id) { handle.take(content); }
    else if (id.indexOf(PrimeFaces.VIEW_STATE) !== -1) {
      $('form[method=post]').children('input[name="' + PrimeFaces.VIEW_STATE + '"]').val($.trim(content));
    } else { $(PrimeFaces.escapeClientId(id)).replaceWith(content); }
  }
};

PrimeFaces.widget.Plain = function (cfg) {
  this.cfg = cfg;
  this.id = cfg.id;
  this.widgetVar = cfg.widgetVar;
  this.jqId = PrimeFaces.escapeClientId(cfg.id);
  this.jq = $(this.jqId);
  $(this.jqId + '_s').remove();
};
PrimeFaces.widget.Dialog = function (cfg) {
  PrimeFaces.widget.Plain.call(this, cfg);
  var dialog = this;
  this.jq.find('.ui-dialog-titlebar-close').click(function (event) { event.preventDefault(); dialog.hide(); });
};
PrimeFaces.widget.Dialog.prototype.show = function () { this.jq.addClass('ui-overlay-visible').show(); };
PrimeFaces.widget.Dialog.prototype.hide = function () { this.jq.removeClass('ui-overlay-visible').hide(); };
PrimeFaces.widget.AjaxStatus = function (cfg) {
  PrimeFaces.widget.Plain.call(this, cfg);
  $.each({start: 'pfAjaxStart', error: 'pfAjaxError', success: 'pfAjaxSuccess'}, function (name, event) {
    $(document).on(event, function () { cfg[name].apply(document, arguments); });
  });
};
PrimeFaces.widget.SlideMenu = function (cfg) {
  PrimeFaces.widget.Plain.call(this, cfg);
  var menu = this.jq, back = menu.find('.ui-slidemenu-backward').hide();
  menu.find('a.ui-submenu-link').click(function (event) {
    event.preventDefault();
    if ($(this).next().addClass('ui-slidemenu-open').length) { back.show(); }
  });
  back.click(function () {
    menu.find('.ui-slidemenu-open').last().removeClass('ui-slidemenu-open');
    back.toggle(menu.find('.ui-slidemenu-open').length > 0);
  });
};
