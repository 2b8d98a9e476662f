// A link of the page that posts its form.
var mojarra = {jsfcljs: function (form, values) {
  PrimeFaces.addSubmitParam(form.id, values).submit(form.id);
}};
