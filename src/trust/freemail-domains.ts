/**
 * Domains that give addresses to everybody: the domain says nothing about its users, so trust holds for the whole
 * address only. Providers of Germany, Austria and Switzerland with their older names, and the large international ones.
 */
export const freemailDomains: ReadonlySet<string> = new Set(
  `
  web.de email.de gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.eu gmx.org gmx.info gmx.biz mail.com
  t-online.de magenta.de freenet.de freenetmail.de 01019freenet.de arcor.de vodafone.de vodafonemail.de
  kabelmail.de kabelbw.de unitybox.de unity-mail.de o2online.de o2mail.de alice.de alice-dsl.net hansenet.de
  1und1.de online.de onlinehome.de ewetel.net ewe.net ewe.de osnanet.de htp-tel.de netcologne.de nc-online.de
  netaachen.de m-net.de mnet-online.de mnet-mail.de wtnet.de willytel.de tele2.de versatel.de versanet.de
  primacom.net pyur.de telecolumbus.net swbmail.de nord-com.net inexio.net unitymedia.de genion.de
  posteo.de posteo.net posteo.org posteo.at posteo.ch posteo.eu mailbox.org secure.mailbox.org eclipso.de eclipso.eu
  tutanota.de tutanota.com tutamail.com tuta.com tuta.io keemail.me protonmail.com protonmail.ch proton.me pm.me
  lycos.de lycos.at caramail.de firemail.de directbox.com directbox.de epost.de gmx.li mail.de mailo.de ok.de
  smart-mail.de spambog.com trash-mail.com wegwerfemail.de byom.de emailn.de hushmail.com countermail.com
  startmail.com runbox.com disroot.org riseup.net systemli.org systemausfall.org
  aon.at inode.at chello.at utanet.at liwest.at kabsi.at kabelplus.at drei.at tele2.at telering.at
  tirol.com vol.at cablelink.at salzburg-online.at sbg.at speed.at gmx.co.at
  bluewin.ch bluemail.ch hispeed.ch sunrise.ch swissonline.ch green.ch greenmail.ch quickline.ch quicknet.ch
  datacomm.ch vtxmail.ch vtxfree.ch freesurf.ch romandie.com netplus.ch citycable.ch ggaweb.ch
  gmail.com googlemail.com outlook.com outlook.de outlook.at outlook.fr outlook.es outlook.it
  hotmail.com hotmail.de hotmail.at hotmail.ch hotmail.fr hotmail.it hotmail.es hotmail.co.uk hotmail.nl
  live.com live.de live.at live.ch live.fr live.it live.nl live.co.uk msn.com windowslive.com
  icloud.com me.com mac.com aol.com aol.de aim.com netscape.net verizon.net
  yahoo.com yahoo.de yahoo.at yahoo.fr yahoo.it yahoo.es yahoo.co.uk yahoo.co.jp ymail.com rocketmail.com myyahoo.com
  yandex.com yandex.ru ya.ru mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net i.ua meta.ua
  zoho.com zohomail.com zohomail.eu fastmail.com fastmail.fm fastmail.de mailfence.com inbox.lv inbox.com
  orange.fr wanadoo.fr laposte.net free.fr sfr.fr neuf.fr bbox.fr libero.it virgilio.it tiscali.it alice.it tin.it
  seznam.cz email.cz centrum.cz post.cz wp.pl o2.pl onet.pl interia.pl gazeta.pl op.pl
  ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl telenet.be skynet.be proximus.be
  btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com blueyonder.co.uk
  comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net optonline.net
  qq.com 163.com 126.com yeah.net sina.com sohu.com foxmail.com naver.com daum.net hanmail.net
  rediffmail.com uol.com.br bol.com.br terra.com.br hey.com duck.com mozmail.com simplelogin.com
  `
    .trim()
    .split(/\s+/),
)
