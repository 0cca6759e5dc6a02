"""Countries and cities whose French and English names differ: Belgique is Belgium.

The names are those of the Unicode CLDR that have one word in both languages: countries, and
the cities of time zones. `tests/monitor/test_crossing.py` compares them with the CLDR in Babel,
which is too large to install for them.
"""

from __future__ import annotations

_PAIRS = """
achgabat=ashgabat acores=azores aktaou=aktau aktioubinsk=aqtobe albanie=albania alger=algiers
algerie=algeria allemagne=germany andorre=andorra antarctique=antarctica argentine=argentina
armenie=armenia athenes=athens atyraou=atyrau australie=australia autriche=austria
azerbaidjan=azerbaijan bagdad=baghdad bahrein=bahrain bakou=baku barbade=barbados
belgique=belgium bermudes=bermuda beyrouth=beirut bhoutan=bhutan bichkek=bishkek
bielorussie=belarus bolivie=bolivia bresil=brazil bruxelles=brussels bucarest=bucharest
bulgarie=bulgaria caimans=cayman calcutta=kolkata cambodge=cambodia cameroun=cameroon
chili=chile chine=china chypre=cyprus colombie=colombia comores=comoros copenhague=copenhagen
croatie=croatia damas=damascus danemark=denmark dominique=dominica douchanbe=dushanbe
egypte=egypt ekaterinbourg=yekaterinburg equateur=ecuador erevan=yerevan erythree=eritrea
espagne=spain estonie=estonia ethiopie=ethiopia famagouste=famagusta fidji=fiji finlande=finland
gambie=gambia georgie=georgia grece=greece grenade=grenada groenland=greenland
guernesey=guernsey guinee=guinea hongrie=hungary iakoutsk=yakutsk inde=india indonesie=indonesia
irak=iraq irkoutsk=irkutsk irlande=ireland islande=iceland italie=italy jamaique=jamaica
japon=japan jordanie=jordan kaboul=kabul kamtchatka=kamchatka katmandou=kathmandu kiev=kyiv
kirghizstan=kyrgyzstan kostanai=kostanay koweit=kuwait krasnoiarsk=krasnoyarsk lettonie=latvia
liban=lebanon libye=libya lisbonne=lisbon lituanie=lithuania londres=london macassar=makassar
madere=madeira malaisie=malaysia malte=malta manaos=manaus manille=manila maroc=morocco
mascate=muscat maurice=mauritius mauritanie=mauritania mexique=mexico micronesie=micronesia
mogadiscio=mogadishu moldavie=moldova mongolie=mongolia moscou=moscow namibie=namibia
nicosie=nicosia norvege=norway novossibirsk=novosibirsk ouganda=uganda oulianovsk=ulyanovsk
ouralsk=oral ouzbekistan=uzbekistan palaos=palau perou=peru pologne=poland rangoun=yangon
riyad=riyadh roumanie=romania russie=russia sakhaline=sakhalin samarcande=samarkand
serbie=serbia sercq=sark singapour=singapore slovaquie=slovakia slovenie=slovenia
somalie=somalia soudan=sudan suede=sweden suisse=switzerland syrie=syria tachkent=tashkent
tadjikistan=tajikistan tanzanie=tanzania tbilissi=tbilisi tchad=chad tchequie=czechia
tchita=chita teheran=tehran thailande=thailand tunisie=tunisia turquie=turkiye varsovie=warsaw
vienne=vienna zambie=zambia
"""

EXONYMS = dict(pair.split("=") for pair in _PAIRS.split())
"""English names by French ones, both folded."""
