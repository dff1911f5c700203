import { ALL_ROLES, permissionsOf, type Role } from '../../src/authz/roles.ts';
import { NOTES_IN_RULES } from '../expectations/access.ts';
import {
  type Attempt,
  ann,
  attemptOn,
  type Caller,
  holder,
  holderFor,
  ID,
  noteOf,
  OPERATIONS,
} from './access-cases.ts';

/** One caller, Ann, and what she may do. A letter for each of get, list, create, update, delete; `-` where refused. */
interface Row {
  readonly caller: Caller | null;
  readonly own: string;
  readonly others: string;
}

const anonymous = { firebase: { sign_in_provider: 'anonymous', identities: {} } };
const row = (caller: Caller | null, own: string, others: string): Row => ({ caller, own, others });

/** As expected, or, for a role of which nothing is said there, by its permissions. */
function notesOf(role: Role): readonly [own: string, others: string] {
  const held = permissionsOf([role]);
  const read = held.includes('notes:read') ? 'gl' : '--';
  const written = held.includes('notes:write') ? 'cud' : '---';
  return NOTES_IN_RULES[role] ?? [`${read}${written}`, held.includes('notes:moderate') ? 'gl--d' : '-----'];
}

/** Who × notes × operation: Ann's own notes, then Bob's. Every other collection is closed to all of them. */
export const MATRIX: Readonly<Record<string, Row>> = {
  'nobody signed in': row(null, '-----', '-----'),
  'an anonymous user': row(ann(anonymous), '-----', '-----'),
  'an anonymous member': row(ann({ ...anonymous, roles: ['member'], rv: 1 }), 'glcud', '-----'),
  'a user without claims': row(ann({}), '-----', '-----'),
  'a user without roles': row(holder(), '-----', '-----'),
  ...Object.fromEntries(ALL_ROLES.map((role) => [role, row(holder(role), ...notesOf(role))])),
  'auditor and member': row(holder('auditor', 'member'), 'glcud', '-----'),
  'member for another hour': row(holderFor(3600, 'member'), 'glcud', '-----'),
  'support for another hour': row(holderFor(3600, 'support'), 'glcud', 'gl--d'),
  ...Object.fromEntries(
    ALL_ROLES.map((role) => [`${role}, ended this second`, row(holderFor(0, role), '-----', '-----')]),
  ),
  'owner, ended an hour ago': row(holderFor(-3600, 'owner'), '-----', '-----'),
  'support, ended, and member for good': row(holderFor(0, 'support', 'member'), 'glcud', '-----'),
};

export const CLOSED: readonly string[] = [
  ...['directory', 'system', 'accessChanges', 'auditEvents', 'sessions', 'mfa', 'rateLimits'],
  ...['oauth', 'oauthClients', 'oauthGrants', 'oauthSessions'],
  ...['Notes', 'note', 'anything', 'directory/ann/notes', `notes/${ID.ann}/comments`],
];

type Stored = Readonly<Record<string, string | Date>>;

/** The documents that every case starts from. A valid note in the wrong place is the strongest test of a closed one. */
export const STORED: ReadonlyMap<string, Stored> = new Map<string, Stored>([
  [`notes/${ID.ann}`, noteOf('ann')],
  [`notes/${ID.bob}`, noteOf('bob')],
  [`notes/${ID.lost}`, { title: 'Whose?', body: '' }],
  ...CLOSED.map((collection) => [`${collection}/${ID.ann}`, noteOf('ann')] as const),
]);

/** Place → letters, as the matrix has them: what a caller may do everywhere. */
export async function lettersOf(
  allows: (attempt: Attempt) => boolean | Promise<boolean>,
): Promise<Record<string, string>> {
  const letters: Record<string, string> = {};
  const tryAll = async (place: string, collection: string, owner: 'ann' | 'bob') => {
    letters[place] = '';
    for (const operation of OPERATIONS)
      letters[place] += (await allows(attemptOn(operation, collection, owner))) ? operation[0] : '-';
  };
  await tryAll('own notes', 'notes', 'ann');
  await tryAll('notes of others', 'notes', 'bob');
  for (const collection of CLOSED) await tryAll(collection, collection, 'ann');
  return letters;
}

export function expectedLetters({ own, others }: Row): Record<string, string> {
  const closed = CLOSED.map((collection) => [collection, '-----']);
  return { 'own notes': own, 'notes of others': others, ...Object.fromEntries(closed) };
}
