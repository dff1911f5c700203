import { ALL_ROLES } from '../../src/authz/roles.ts';
import {
  type AccessCase,
  type Attempt,
  ann,
  attemptOn,
  type Caller,
  type Content,
  EARLIER,
  editedNoteOf,
  holder,
  ID,
  NEW_ID,
  newNoteOf,
  OPERATIONS,
  SERVER_TIME,
} from './access-cases.ts';
import type { Fields, Query } from './evaluate-rules.ts';

const EVERYTHING = OPERATIONS.flatMap((operation) => [
  attemptOn(operation, 'notes', 'ann'),
  attemptOn(operation, 'notes', 'bob'),
]);
const OWN = OPERATIONS.map((operation) => attemptOn(operation, 'notes'));
const member = holder('member');
const support = holder('support');

const refused = (what: string, caller: Caller, ...attempts: Attempt[]): AccessCase => {
  return { name: `refuses ${what}`, isAllowed: false, caller, attempts };
};
const allowed = (what: string, caller: Caller, ...attempts: Attempt[]): AccessCase => {
  return { name: `allows ${what}`, isAllowed: true, caller, attempts };
};

const malformedClaims: readonly [string, Fields | Caller['claims']][] = [
  ['roles that are a string', { roles: 'owner', rv: 1 }],
  ['roles that are a string of several', { roles: 'owner,member', rv: 1 }],
  ['roles that are a map', { roles: { owner: true }, rv: 1 }],
  ['roles that are a list in a list', { roles: [['owner']], rv: 1 }],
  ['roles that are true', { roles: true, rv: 1 }],
  ['roles that are null', { roles: null, rv: 1 }],
  ['roles that are a number', { roles: 1, rv: 1 }],
  ['no roles', { rv: 1 }],
  ['names of roles that do not exist', { roles: ['Owner', 'owners', 'constructor', '__proto__', ''], rv: 1 }],
  ['a single role in place of roles', { role: 'owner', admin: true, owner: true, rv: 1 }],
  ['no version', { roles: ALL_ROLES }],
  ['version 0', { roles: ALL_ROLES, rv: 0 }],
  ['version -1', { roles: ALL_ROLES, rv: -1 }],
  ['version 1.5', { roles: ALL_ROLES, rv: 1.5 }],
  ['a version that is a string', { roles: ALL_ROLES, rv: '1' }],
  ['a version that is null', { roles: ALL_ROLES, rv: null }],
  ['a version that is true', { roles: ALL_ROLES, rv: true }],
  ['a version that is a list', { roles: ALL_ROLES, rv: [1] }],
  ['expiries that are a list', { roles: ALL_ROLES, rv: 1, rx: [] }],
  ['expiries that are a string', { roles: ALL_ROLES, rv: 1, rx: 'owner' }],
  ['expiries that are null', { roles: ALL_ROLES, rv: 1, rx: null }],
  ['expiries that are a number', { roles: ALL_ROLES, rv: 1, rx: 253402300800 }],
  ['an expiry that is a string', { roles: ['owner'], rv: 1, rx: { owner: '253402300800' } }],
  ['an expiry that is a list', { roles: ['owner'], rv: 1, rx: { owner: [253402300800] } }],
  ['an expiry that is a map', { roles: ['owner'], rv: 1, rx: { owner: { at: 253402300800 } } }],
  ['an expiry that is null', { roles: ['owner'], rv: 1, rx: { owner: null } }],
  ['an expiry that is true', { roles: ['owner'], rv: 1, rx: { owner: true } }],
  [
    'an expiry that is not a whole second',
    (now) => ({ roles: ['owner'], rv: 1, rx: { owner: now + 3600.5 } }),
  ],
  ['an expiry at 0', { roles: ['owner'], rv: 1, rx: { owner: 0 } }],
  ['an expiry before 1970', { roles: ['owner'], rv: 1, rx: { owner: -1 } }],
];

const claims: readonly AccessCase[] = [
  ...malformedClaims.map(([what, malformed]) =>
    refused(`everything with ${what}`, ann(malformed), ...EVERYTHING),
  ),
  allowed(
    'what a role allows, beside another role with a malformed expiry',
    ann({ roles: ['support', 'member'], rv: 1, rx: { support: 'never' } }),
    ...OWN,
  ),
  refused(
    'what only the role with a malformed expiry would allow',
    ann({ roles: ['support', 'member'], rv: 1, rx: { support: 'never' } }),
    ...OPERATIONS.map((operation) => attemptOn(operation, 'notes', 'bob')),
  ),
  allowed(
    'what a role allows, beside the expiry of another role',
    ann({ roles: ['member'], rv: 1, rx: { owner: 0 } }),
    ...OWN,
  ),
  allowed(
    'what a role allows that expires at the largest safe integer',
    ann({ roles: ['member'], rv: 1, rx: { member: Number.MAX_SAFE_INTEGER } }),
    ...OWN,
  ),
];

const creating = (change: Content, id = NEW_ID): Attempt => ({
  operation: 'create',
  path: `notes/${id}`,
  document: { ...newNoteOf('ann'), ...change },
});
const updating = (change: Content, owner: 'ann' | 'bob' = 'ann'): Attempt => ({
  operation: 'update',
  path: `notes/${ID[owner]}`,
  document: { ...editedNoteOf(owner), ...change },
});
/** An edit of a note from before notes had versions. */
const updatingOld = (change: Content): Attempt => ({ ...updating(change), path: `notes/${ID.old}` });
const without = (content: Content, name: string): Content =>
  Object.fromEntries(Object.entries(content).filter(([key]) => key !== name));

const badFields: readonly [string, Content][] = [
  ['with an unknown field', { pinned: true }],
  ['with an empty title', { title: '' }],
  ['with a title of 201 characters', { title: 'x'.repeat(201) }],
  ['with a title of 101 emoji, 202 UTF-16 units', { title: '🥛'.repeat(101) }],
  ['with a title of white space', { title: '   ' }],
  ['with a title that begins with a space', { title: ' Milk' }],
  ['with a title of two lines', { title: 'Milk\nEggs' }],
  ['with a title with an escape', { title: 'Milk\u001b[2J' }],
  ['with a title with a C1 control character', { title: 'Milk\u009b2J' }],
  ['with a title that is not a string', { title: ['Milk'] }],
  ['with a body of 20001 characters', { body: 'x'.repeat(20_001) }],
  ['with a body that is not a string', { body: ['six'] }],
  ['with a version that is not the next one', { version: 3 }],
  ['with a version that is a string', { version: '2' }],
  ['with a version that is half a number', { version: 1.5 }],
  ['with an update time that the client chose', { updated: EARLIER }],
  ['with an update time that is not a timestamp', { updated: '2026-03-01T12:00:00Z' }],
];

const writes: readonly AccessCase[] = [
  ...badFields.flatMap(([what, change]) => [
    refused(`a new note ${what}`, member, creating(change)),
    refused(`an edit ${what}`, member, updating(change)),
  ]),
  refused('a new note with a creation time that the client chose', member, creating({ created: EARLIER })),
  refused('a new note for another owner, even by a moderator', support, creating({ owner: 'bob' })),
  refused('a new note with a list as its owner', member, creating({ owner: ['ann'] })),
  refused(
    'a note without one of its fields',
    member,
    ...Object.keys(newNoteOf('ann')).flatMap((name): Attempt[] => [
      { ...creating({}), document: without(newNoteOf('ann'), name) },
      { ...updating({}), document: without(editedNoteOf('ann'), name) },
    ]),
  ),
  refused(
    'a new note with an id that is not an automatic one',
    member,
    ...['short', 'x'.repeat(19), 'x'.repeat(21), '-'.repeat(20), '.'.repeat(20), `${'x'.repeat(19)}é`].map(
      (id) => creating({}, id),
    ),
  ),
  allowed('a new note with a title of 100 emoji', member, creating({ title: '🥛'.repeat(100) })),
  allowed('a new note with the shortest title', member, creating({ title: 'x' })),
  allowed(
    'a new note with the longest title and body',
    member,
    creating({ title: 'x'.repeat(200), body: 'x'.repeat(20_000) }),
  ),
  allowed('an edit of title and body', member, updating({ title: 'Eggs', body: 'six' })),
  refused('an edit that keeps the version', member, updating({ version: 1 })),
  refused('an edit that goes back to version 0', member, updating({ version: 0 })),
  allowed('an edit of a note without a version, as version 1', member, updatingOld({ version: 1 })),
  refused('an edit of a note without a version, as version 2', member, updatingOld({ version: 2 })),
  refused('an edit that changes the owner', member, updating({ owner: 'bob' })),
  refused('an edit that changes the owner, by a moderator', support, updating({ owner: 'bob' })),
  refused('an edit that changes the creation time', member, updating({ created: SERVER_TIME })),
  refused('an edit that takes over another user’s note', holder('owner'), updating({ owner: 'ann' }, 'bob')),
  refused('an edit of another user’s note by a moderator', support, updating({}, 'bob')),
];

const listing = (query: Query, path = 'notes'): Attempt => ({ operation: 'list', path, query });
const queries: readonly AccessCase[] = [
  refused('a query for all notes', member, listing({ where: {}, limit: 10 })),
  refused('a query for another user’s notes', member, listing({ where: { owner: 'bob' }, limit: 10 })),
  refused('a query by another field', member, listing({ where: { title: 'Milk' }, limit: 10 })),
  refused('a query without a limit', member, listing({ where: { owner: 'ann' }, limit: null })),
  refused('a query for 101', member, listing({ where: { owner: 'ann' }, limit: 101 })),
  refused('a moderator’s query without a limit', support, listing({ where: {}, limit: null })),
  refused('a moderator’s query for 101', support, listing({ where: {}, limit: 101 })),
  allowed('a moderator’s query for all notes, 100 at a time', support, listing({ where: {}, limit: 100 })),
  refused(
    'a collection group query over notes',
    member,
    listing({ where: { owner: 'ann' }, limit: 10, isGroup: true }),
  ),
  refused(
    'a collection group query, even with every role',
    holder(...ALL_ROLES),
    listing({ where: { owner: 'ann' }, limit: 10, isGroup: true }),
    listing({ where: {}, limit: 10, isGroup: true }, 'comments'),
    listing({ where: {}, limit: 10, isGroup: true }, 'directory'),
  ),
];

const getting = (id: string): Attempt => ({ operation: 'get', path: `notes/${id}` });
const unusual: readonly AccessCase[] = [
  refused('a member a note without an owner', member, getting(ID.lost)),
  refused('a member a note that does not exist, like a note of another user', member, getting(NEW_ID)),
  allowed(
    'a moderator a note that has no owner or does not exist',
    support,
    getting(ID.lost),
    getting(NEW_ID),
  ),
  refused(
    'a caller with every role every closed collection',
    holder(...ALL_ROLES),
    ...['directory', 'auditEvents', 'oauthClients', `notes/${ID.ann}/comments`].flatMap((collection) =>
      OPERATIONS.map((operation) => attemptOn(operation, collection)),
    ),
  ),
];

/** Topic → cases. */
export const ATTACKS: Readonly<Record<string, readonly AccessCase[]>> = {
  claims,
  writes,
  queries,
  'unusual documents': unusual,
};
