// Make the schedule with that client id send its own request; return false where the page has no such widget.
(source) => {
  const widget = Object.values((window.PrimeFaces || {}).widgets || {}).find((w) => w && w.id === source);
  const element = document.getElementById(source);
  if (!widget || !element) return false;
  for (let node = element; node; node = node.parentElement) {
    if (getComputedStyle(node).display === 'none') node.style.setProperty('display', 'block', 'important');
  }
  const drawn = widget.calendar || (widget.jqc && widget.jqc.data && widget.jqc.data('fullCalendar'));
  if (!drawn && widget._render) widget._render();
  else if (widget.jqc && widget.jqc.fullCalendar) widget.jqc.fullCalendar('refetchEvents');
  else if (widget.calendar && widget.calendar.refetchEvents) widget.calendar.refetchEvents();
  else if (widget.update) widget.update();
  else return false;
  return true;
}
