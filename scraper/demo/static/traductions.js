// French for the calendar, and what happens when a request fails.
PrimeFaces.locales.fr = {
  firstDay: 1, currentText: "Aujourd'hui", month: 'Mois', week: 'Semaine', day: 'Jour', allDayText: 'Journée',
  monthNames: ['Janvier', 'Février', 'Mars', 'Avril', 'Mai', 'Juin', 'Juillet', 'Août', 'Septembre', 'Octobre', 'Novembre',
    'Décembre'],
  monthNamesShort: ['Jan', 'Fév', 'Mar', 'Avr', 'Mai', 'Juin', 'Juil', 'Août', 'Sep', 'Oct', 'Nov', 'Déc'],
  dayNames: ['Dimanche', 'Lundi', 'Mardi', 'Mercredi', 'Jeudi', 'Vendredi', 'Samedi'],
  dayNamesShort: ['Dim', 'Lun', 'Mar', 'Mer', 'Jeu', 'Ven', 'Sam']
};
var Etat = {
  erreur: function (source, parametres) {
    PF('modalePatientez').hide();
    var surcharge = $.grep($.makeArray(parametres), function (x) { return x && x.status === 503; });
    if (surcharge.length) { alert('Le serveur est en surcharge. Veuillez réessayer ultérieurement.'); }
  }
};
