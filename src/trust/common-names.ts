/**
 * Words that many names of firms share: they say what it is, not who. A firm is told by the rest of its name.
 */
export const tradeWords: ReadonlySet<string> = new Set(
  `
  kanzlei steuerkanzlei steuerberatung steuerberater steuerbuero steuer steuern wirtschaftspruefung wirtschaftspruefer
  rechtsanwalt rechtsanwaelte rechtsanwaeltin anwalt anwaelte anwaltskanzlei notar notare notariat recht rechtsberatung
  partner partners beratung berater consulting consult treuhand buchhaltung versicherung versicherungen versicherungsmakler
  makler immobilien hausverwaltung verwaltung finanz finanzen finanzberatung bank sparkasse volksbank
  praxis arztpraxis zahnarzt zahnarztpraxis zahnaerzte apotheke klinik physio physiotherapie tierarzt tierarztpraxis
  bau hochbau tiefbau holzbau metallbau stahlbau maschinenbau anlagenbau ofenbau gartenbau fensterbau ladenbau
  bauunternehmen architekt architekten architektur ingenieure ingenieurbuero planung statik
  elektro elektrotechnik heizung sanitaer haustechnik dach dachdecker bedachungen maler malerbetrieb schreinerei tischlerei
  zimmerei zimmermann schlosserei fliesen boden raumausstattung garten galabau glas glaserei metall stahl holz moebel
  autohaus auto automobile kfz werkstatt reifen transporte transport spedition logistik reisen taxi
  baeckerei metzgerei gasthof gasthaus hotel restaurant cafe brauerei weingut getraenke
  druckerei druck verlag medien werbung werbeagentur agentur design foto software systeme technik elektronik
  handel grosshandel vertrieb service dienstleistungen gmbh gbr ohg kg ag ug mbh und
  `
    .trim()
    .split(/\s+/),
)

/**
 * Words that stand beside a known name without making it another one: whoever puts one there wants to be taken for it.
 */
export const decoyWords: ReadonlySet<string> = new Set(
  `
  gmbh ag kg ohg gbr ug mbh co group gruppe holding international deutschland germany online web www mail email
  service support kundenservice portal login secure sicher info office team rechnung rechnungen buchhaltung zahlung
  de com net org eu
  `
    .trim()
    .split(/\s+/),
)

/**
 * Frequent surnames of German-speaking countries with their many spellings, as in domains. Two of them that differ in one
 * letter are two families, not a forgery: Meier and Meyer, Schmidt and Schmitt.
 */
export const surnames: ReadonlySet<string> = new Set(
  `
  adam ahrens albers albert albrecht alt altmann anders appel arendt arndt arnold auer bach bachmann baer bahr balzer barth
  barthel bartel bartels bauer baum baumann baumgart baumgartner baumgaertner beck becker beckmann behr behrens behrendt
  bender benz berg berger bergmann bernhard bernhardt bernard berndt bertram beyer bayer beier baier bieber binder bischof bischoff blank
  blum blume bock boehm boehme bohm bohn born bosch brand brandt brant brandl brandes braun brauer breuer brenner brunner
  bruckner brueckner buch bucher buchholz buck burger buerger burkhardt burkhard busch buschmann christ claus clemens conrad konrad
  daniel decker deckert dietrich dittrich diehl dietz dietze dorn dreher drechsler ebert eberhard eberhardt eberle ebner eckert
  eder egger ehlers ehlert eichner eichler eisele engel engels engl erhard erhardt ernst esser ewald faber falk feld feldmann
  fiedler fink finke fischer fleischer fleischmann forster foerster franke frank franz freitag frey frei fricke friedrich friedrichs
  fritz fritsch fritsche froehlich fuchs fuhrmann funk funke gabriel gaertner gartner gebhard gebhardt geiger geier geyer geisler
  geissler gerber gerlach gerhard gerhardt glaser goebel gobel goetz gotz graf graef gross grosse grossmann gruber gruen grunewald gunther
  guenther guenter haag haas haase hase haar hafner haefner hahn hammer hamann hann hansen hanson harder hartmann hartman hartwig haupt hauser
  haeuser heck hecker heger hein heine heinen heinemann heinrich heinrichs heinz heinze held heller hell helm hempel hennig henning
  henkel herbst hermann herrmann herold herzog hess hesse heuer heyer hildebrand hildebrandt hiller hinz hirsch hoefer hofer
  hoffmann hofmann hoffman hofman hofmeister hohmann homann holz hoppe horn huber hubert hueber huebner huebsch hummel hartl
  jacob jacobs jakob jahn jansen janssen jansson janzen john jordan jost jung junge junker juergens kaiser keiser karl kaufmann kay
  keil keller kellner kern kessler kesler kiefer kirchner klaus klein kleine kleiner klemm kling klinger klose kluge knapp kneip
  knoll koch kock koehler kohler koeller koller koenig koening kohl kolb kopp korn krause kraus krauss kraft kramer kraemer kremer krebs
  kretschmer krieger kroeger kroger kruger krueger krug kruse kuehn kuhn kuehne kunz kunze kurz lang lange langer lambert lechner
  lehmann leman lohmann lehner lenz leonhardt lindner linder linke link loeffler lorenz ludwig lutz luecke maas maass mack maier mayer
  mair mayr meier meyer majer mann marquardt marks marx martens martin martins mathes mattes matthes maurer may mai meister meissner
  mende menzel merkel merkle merz mertz metzger metz michel michels miller mohr moehr moeller moller moritz moser mueller muller
  naumann neubauer neuber neuhaus neumann neuman niemann nitsche noack noll nowak novak oswald ott otto pape paul pauli paulsen peter
  peters petersen petzold pfeifer pfeiffer philipp philipps pohl pohlmann popp prinz probst raab rau rauch rausch reich reichel reichert
  reichelt reimann reimer reimers reinhard reinhardt reiter reuter rieger riedel riedl richter ritter rode roth rott rothe rose rosner
  roeder roemer rudolf rudolph rupp ruppert sauer sander sanders sandner schade schaefer schafer schaeffer schaller scharf schenk
  scherer scheuer schick schilling schiller schindler schlegel schloesser schlueter schmid schmied schmidt schmitt schmitz schmit schneider
  schnell schober schoen scholz schulz schulze schultz schultze scholl schott schramm schreiber schreier schreiner schroeder schroeter
  schroder schubert schuber schuch schuh schuler schueler schuller schumacher schuhmacher schumann schuster schuett schwab schwabe schwarz
  schwartz schweizer schweitzer seeger seger seidel seidl seidler seifert seiffert seitz sieber siebert simon singer sommer sommers sonntag
  springer stadler stahl stark steiner stein steinbach stephan steffan steffen steffens stern stock stoll straub strauss strobel stumpf
  theis theiss thiel thiele thieme thoma thomas thome till timm trautmann ulbrich ulrich unger urban vetter voelker vogel vogl vogt voigt
  voss wagner waggner wahl walter walther walz weber webers wegener wegner weidner weigand weigel weiland weiler weimer weis weiss weise
  welsch weller welter wendt wenz wenzel werner wernet wessel westphal wetzel wiese wiegand wieland wild wilde wilhelm wilke wilken will
  winkler winter winters wirth wirtz witt witte wittmann wolf wolff wolter wolters worm wulf wulff wunderlich zahn zander zeller ziegler
  zimmer zimmermann zink zorn
  `
    .trim()
    .split(/\s+/),
)
