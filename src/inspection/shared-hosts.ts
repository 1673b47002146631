/**
 * Mail hosts whose servers send for many thousands of customers: by their SPF records any customer may be able to send
 * in the name of any other. Names as they stand in SPF records and as the hosts of mail servers; whatever lies below one
 * is the same host. Providers of Germany, Austria and Switzerland, and international ones.
 */
export const sharedHosts: ReadonlySet<string> = new Set(
  `
  outlook.com office365.us office.com google.com googlemail.com zoho.com zoho.eu zohomail.eu icloud.com
  yandex.net messagingengine.com protonmail.ch secureserver.net emailsrvr.com rackspace.com registrar-servers.com
  privateemail.com web-hosting.com hostgator.com bluehost.com websitewelcome.com unifiedlayer.com siteground.eu
  sgvps.net mailspamprotection.com mailchannels.net antispamcloud.com hostinger.com titan.email ovh.com ovh.net
  gandi.net one.com simply.com loopia.se transip.email aruba.it register.it infomaniak.ch wixemails.com
  cloudflare.net improvmx.com forwardemail.net mimecast.com pphosted.com iphmx.com barracudanetworks.com
  messagelabs.com exclaimer.net codetwo.online mailprotect.be
  kundenserver.de perfora.net ui-dns.de 1and1.com ionos.com ionos.de schlund.de rzone.de strato.de strato.com
  ispgateway.de df.eu domainfactory.de udag.de united-domains.de kasserver.com all-inkl.com hosteurope.de
  server-he.de your-server.de hetzner.de hetzner.com netcup.net netcup.de mittwald.de agenturserver.de jimdo.com
  manitu.net checkdomain.de goneo.de alfahosting.de variomedia.de webgo.de lima-city.de estugo.de dogado.de
  profihost.com timmehosting.de hostpoint.ch cyon.ch cyon.net metanet.ch green.ch hoststar.ch webland.ch
  world4you.com easyname.com easyname.eu a1.net domaintechnik.at
  hornetsecurity.com antispameurope.com nospamproxy.com retarus.com eleven.de expurgate.net t-systems.com
  t-online.de telekom.de mailbox.org posteo.de
  sendgrid.net amazonses.com mailgun.org mandrillapp.com mcsv.net mcdlv.net rsgsv.net mailjet.com sparkpostmail.com
  postmarkapp.com mtasv.net sendinblue.com brevo.com sendcloud.net elasticemail.com smtp2go.com turbo-smtp.com
  nl2go.com rapidmail.de cleverreach.com inxmail.com inxserver.de episerver.net optivo.net emarsys.net
  salesforce.com exacttarget.com hubspotemail.net hubspot.com zendesk.com freshdesk.com freshemail.io
  intercom.io atlassian.net mktomail.com constantcontact.com createsend.com activecampaign.com klaviyomail.com
  `
    .trim()
    .split(/\s+/),
)

/** Whether a host name is one of them or lies below. */
export function isSharedHost(name: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.')
  return labels.some((_, index) => sharedHosts.has(labels.slice(index).join('.')))
}
