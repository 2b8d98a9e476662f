// The portal's own script: a submenu's children are loaded when it is clicked; the centre's width goes with the form.
var Sidebar = {
  dernier: null,
  clicSurRubriqueConteneur: function (event) {
    var lien = $(event.target).closest('#form\\:sidebar li.ui-menu-parent > a')[0];
    var entree = $(lien).parent(), classe = lien && (entree.attr('class').match(/submenu_\d+/) || [])[0];
    if (!classe || entree.hasClass('enfants-entierement-charges')) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    Sidebar.dernier = classe;
    chargerSousMenu([{name: 'webscolaapp.Sidebar.ID_SUBMENU', value: classe}]);
  },
  rouvrir: function () {
    if (!Sidebar.dernier) { return; }
    var entree = $('#form\\:sidebar .' + Sidebar.dernier);
    entree.parents('li.ui-menu-parent').add(entree).children('a').click();
  },
  initialiserMenu: function () { document.addEventListener('click', Sidebar.clicSurRubriqueConteneur, true); }
};
function setLargeurDivCenter() { $('#form\\:largeurDivCenter').val($('.div-contenu').width()); }
$(function () { Sidebar.initialiserMenu(); setLargeurDivCenter(); $(window).resize(setLargeurDivCenter); });
