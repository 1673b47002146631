import {
  authenticated,
  cameBack,
  dmarc,
  downgrade,
  noAuthentication,
  spf,
} from './authentication-criteria.ts'
import type { Criterion } from './criterion.ts'
import { bulk, clientName, displayName, lookalike } from './impression-criteria.ts'
import { allowList, blockList, healed, relation, reply } from './relation-criteria.ts'
import {
  accepted,
  content,
  phishing,
  refused,
  strongLists,
  weakLists,
  welcomeLists,
} from './reputation-criteria.ts'

/** In the order in which they are explained. Each adds its points; later ones see what earlier ones found. */
export const criteria: readonly Criterion[] = [
  { name: 'BLOCK_LIST', find: blockList },
  { name: 'ALLOW_LIST', find: allowList },
  { name: 'RELATION', find: relation },
  { name: 'REPLY', find: reply },
  { name: 'HEALED', find: healed },
  { name: 'ACCEPTED_BEFORE', find: accepted },
  { name: 'REFUSED_BEFORE', find: refused },
  { name: 'AUTHENTICATED', find: authenticated },
  { name: 'NO_AUTHENTICATION', find: noAuthentication },
  { name: 'SPF', find: spf },
  { name: 'DMARC', find: dmarc },
  { name: 'DOWNGRADE', find: downgrade },
  { name: 'SERVER_NAME', find: clientName },
  { name: 'DISPLAY_NAME', find: displayName },
  { name: 'LOOKALIKE', find: lookalike },
  { name: 'BULK', find: bulk },
  { name: 'STRONG_LIST', find: strongLists },
  { name: 'WEAK_LIST', find: weakLists },
  { name: 'WELCOME_LIST', find: welcomeLists },
  { name: 'CONTENT', find: content },
  { name: 'PHISHING', find: phishing },
  { name: 'CAME_BACK', find: cameBack },
]
