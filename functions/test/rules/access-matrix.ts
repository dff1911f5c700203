import type { Permission } from '../../src/authz/permissions.ts';
import { ALL_ROLES, permissionsOf, type Role } from '../../src/authz/roles.ts';
import { NOTES_IN_RULES } from '../expectations/access.ts';
import {
  type Attempt,
  ann,
  attemptOn,
  type Caller,
  EARLIER,
  holder,
  holderFor,
  ID,
  noteOf,
  OPERATIONS,
} from './access-cases.ts';

/** One caller, Ann, and what she may do: a letter each for get, list, create, update, delete, or `-` where refused. */
interface Row {
  readonly caller: Caller | null;
  readonly own: string;
  readonly others: string;
}

const anonymous = { firebase: { sign_in_provider: 'anonymous', identities: {} } };
const row = (caller: Caller | null, own: string, others: string): Row => ({ caller, own, others });

/** What these permissions allow, as in the API: with notes of others, `notes:moderate` adds to reading and writing. */
export function notesWith(held: readonly Permission[]): readonly [own: string, others: string] {
  const read = held.includes('notes:read');
  const write = held.includes('notes:write');
  const moderate = held.includes('notes:moderate');
  return [
    `${read ? 'gl' : '--'}${write ? 'cud' : '---'}`,
    `${read && moderate ? 'gl' : '--'}--${write && moderate ? 'd' : '-'}`,
  ];
}

/** The expected access of a role; a role without an expectation gets what its permissions say. */
const notesOf = (role: Role) => NOTES_IN_RULES[role] ?? notesWith(permissionsOf([role]));

/** Caller × notes × operation: Ann's own notes, then Bob's. All other collections are closed to all callers. */
export const MATRIX: Readonly<Record<string, Row>> = {
  'a caller who is not signed in': row(null, '-----', '-----'),
  'an anonymous user': row(ann(anonymous), '-----', '-----'),
  'an anonymous member': row(ann({ ...anonymous, roles: ['member'], rv: 1 }), 'glcud', '-----'),
  'a user without claims': row(ann({}), '-----', '-----'),
  'a user without roles': row(holder(), '-----', '-----'),
  ...Object.fromEntries(ALL_ROLES.map((role) => [role, row(holder(role), ...notesOf(role))])),
  'auditor and member': row(holder('auditor', 'member'), 'glcud', '-----'),
  'member, expires in an hour': row(holderFor(3600, 'member'), 'glcud', '-----'),
  'support, expires in an hour': row(holderFor(3600, 'support'), 'glcud', 'gl--d'),
  ...Object.fromEntries(
    ALL_ROLES.map((role) => [`${role}, expires now`, row(holderFor(0, role), '-----', '-----')]),
  ),
  'owner, expired an hour ago': row(holderFor(-3600, 'owner'), '-----', '-----'),
  'support, expired, and member': row(holderFor(0, 'support', 'member'), 'glcud', '-----'),
};

export const CLOSED: readonly string[] = [
  ...['directory', 'system', 'accessChanges', 'auditEvents', 'sessions', 'rateLimits', 'stepUps'],
  ...['factors', 'recoveryCodes', 'factorAttempts', 'passkeys', 'webauthnChallenges'],
  ...['oauth', 'oauthClients', 'oauthGrants', 'oauthSessions'],
  ...['Notes', 'note', 'anything', 'directory/ann/notes', `notes/${ID.ann}/comments`],
];

type Stored = Readonly<Record<string, string | number | Date>>;

/** The documents before every case. A valid note in the wrong collection is the strictest test of a closed one. */
export const STORED: ReadonlyMap<string, Stored> = new Map<string, Stored>([
  [`notes/${ID.ann}`, noteOf('ann')],
  [`notes/${ID.bob}`, noteOf('bob')],
  [`notes/${ID.lost}`, { title: 'No owner', body: '' }],
  [`notes/${ID.old}`, { owner: 'ann', title: 'Milk', body: '', created: EARLIER, updated: EARLIER }],
  ...CLOSED.map((collection) => [`${collection}/${ID.ann}`, noteOf('ann')] as const),
]);

/** What a caller may do in each collection: collection → letters, as in the matrix. */
export async function lettersOf(
  allows: (attempt: Attempt) => boolean | Promise<boolean>,
): Promise<Record<string, string>> {
  const letters: Record<string, string> = {};
  const tryAll = async (label: string, collection: string, owner: 'ann' | 'bob') => {
    letters[label] = '';
    for (const operation of OPERATIONS)
      letters[label] += (await allows(attemptOn(operation, collection, owner))) ? operation[0] : '-';
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
