import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ALL_ROLES, ROLES } from '../../src/authz/roles.ts';
import { type Fields, loadRules, type RulesRequest, type Value } from './evaluate-rules.ts';
import { type Operation, RulesSyntaxError } from './parse-rules.ts';

const source = readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8');
const reads: readonly Operation[] = ['get', 'list'];
const operations: readonly Operation[] = [...reads, 'create', 'update', 'delete'];
const now = new Date('2026-03-01T12:00:00Z');
const earlier = new Date('2026-02-01T12:00:00Z');

const stored: Fields = { owner: 'ann', title: 'Milk', body: '', created: earlier, updated: earlier };
const fresh: Fields = { ...stored, created: now, updated: now };
const edited: Fields = { ...stored, title: 'Milk and eggs', updated: now };

function client(uid: string, claims: Fields): RulesRequest['auth'] {
  return { uid, token: { sub: uid, ...claims } };
}
const holder = (uid: string, ...roles: string[]) => client(uid, { roles, rv: 1 });
const ann = holder('ann', 'member');

/** What a client would send for an operation on Ann's note, valid in itself. */
function onAnnsNote(auth: RulesRequest['auth'], operation: Operation): RulesRequest {
  const before = operation === 'create' ? undefined : stored;
  const after = { create: fresh, update: edited, get: undefined, list: undefined, delete: undefined }[
    operation
  ];
  return { operation, path: 'notes/n1', auth, time: now, before, after };
}
const creating = (change: Fields, auth = ann): RulesRequest => ({
  ...onAnnsNote(auth, 'create'),
  after: { ...fresh, ...change },
});
const updating = (change: Fields, auth = ann): RulesRequest => ({
  ...onAnnsNote(auth, 'update'),
  after: { ...edited, ...change },
});
const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

/** The rules with one piece of text replaced; fails when the text is not there, so that no mutation is a no-op. */
function broken(text: string, replacement: string): string {
  assert.ok(source.includes(text), `firestore.rules has no ${text}`);
  return source.replace(text, replacement);
}

describe('firestore.rules', () => {
  const allows = loadRules(source);
  const denied = (request: RulesRequest) => assert.equal(allows(request), false, JSON.stringify(request));
  const allowed = (request: RulesRequest) => assert.equal(allows(request), true, JSON.stringify(request));

  describe('to a client who is not signed in', () => {
    for (const operation of operations) {
      it(`refuses to ${operation} a note`, () => denied(onAnnsNote(null, operation)));
    }
  });

  describe('to the owner of a note', () => {
    for (const role of ALL_ROLES) {
      const held: readonly string[] = ROLES[role];
      const may = (operation: Operation) =>
        held.includes(reads.includes(operation) ? 'notes:read' : 'notes:write');
      for (const operation of operations) {
        it(`${may(operation) ? 'allows' : 'refuses'} ${role} to ${operation} it, as the role table says`, () => {
          assert.equal(allows(onAnnsNote(holder('ann', role), operation)), may(operation));
        });
      }
    }

    it('counts any one of several roles', () =>
      allowed(onAnnsNote(holder('ann', 'auditor', 'member'), 'get')));

    it('refuses a user without roles, as an anonymous or not yet verified one is', () => {
      for (const operation of operations) denied(onAnnsNote(holder('ann'), operation));
    });

    it('refuses a role that is not in the role table', () => {
      for (const name of ['Member', 'members', 'constructor', ''])
        denied(onAnnsNote(holder('ann', name), 'get'));
    });

    const malformed: readonly [string, Value][] = [
      ['a string', 'member'],
      ['a string with several names', 'owner,member'],
      ['a map', { member: true }],
      ['a list in a list', [['member']]],
      ['true', true],
      ['null', null],
      ['a number', 1],
    ];
    for (const [what, roles] of malformed) {
      it(`takes a roles claim that is ${what} for no role`, () => {
        for (const operation of operations) denied(onAnnsNote(client('ann', { roles, rv: 1 }), operation));
      });
    }

    it('takes a missing roles claim for no role', () => {
      for (const operation of operations) denied(onAnnsNote(client('ann', { rv: 1 }), operation));
    });
  });

  describe('to anybody but the owner of a note', () => {
    for (const role of ALL_ROLES) {
      it(`refuses ${role} every operation on it`, () => {
        for (const operation of operations) denied(onAnnsNote(holder('bob', role), operation));
      });
    }

    it('refuses a note that has no owner, or is not there', () => {
      denied({ ...onAnnsNote(ann, 'get'), before: without(stored, 'owner') });
      denied({ ...onAnnsNote(ann, 'get'), before: undefined });
    });
  });

  describe('on creating a note', () => {
    const refused: readonly [string, Fields][] = [
      ['in another’s name', { owner: 'bob' }],
      ['with a field it does not know', { pinned: true }],
      ['with an empty title', { title: '' }],
      ['with a title of 201 characters', { title: 'x'.repeat(201) }],
      ['with a title that is no string', { title: ['Milk'] }],
      ['with a body of 20001 characters', { body: 'x'.repeat(20_001) }],
      ['with a body that is no string', { body: ['x'] }],
      ['with a creation time of the client’s choice', { created: earlier }],
      ['with an update time of the client’s choice', { updated: earlier }],
      ['with a time that is no timestamp', { created: now.toISOString() }],
    ];
    for (const [what, change] of refused) it(`refuses one ${what}`, () => denied(creating(change)));

    for (const name of Object.keys(fresh)) {
      it(`refuses one without ${name}`, () => {
        denied({ ...onAnnsNote(ann, 'create'), after: without(fresh, name) });
      });
    }

    it('allows the shortest title', () => allowed(creating({ title: 'x' })));

    it('allows the longest title and body', () => {
      allowed(creating({ title: 'x'.repeat(200), body: 'x'.repeat(20_000) }));
    });
  });

  describe('on updating a note', () => {
    const refused: readonly [string, Fields][] = [
      ['gives it to another', { owner: 'bob' }],
      ['changes when it was created', { created: now }],
      ['adds a field it does not know', { pinned: true }],
      ['empties the title', { title: '' }],
      ['keeps the old update time', { updated: earlier }],
    ];
    for (const [what, change] of refused) it(`refuses one that ${what}`, () => denied(updating(change)));

    it('allows one that changes title and body', () => allowed(updating({ title: 'Eggs', body: 'six' })));

    it('refuses one that drops a field', () => {
      for (const name of Object.keys(edited)) {
        denied({ ...onAnnsNote(ann, 'update'), after: without(edited, name) });
      }
    });

    it('refuses to take another’s note over', () =>
      denied(updating({ owner: 'bob' }, holder('bob', 'owner'))));
  });

  describe('to any client, the owner role included', () => {
    const closed = [
      ...['directory/ann', 'system/owners', 'accessChanges/c1', 'auditEvents/e1', 'sessions/s1', 'mfa/ann'],
      ...['oauthClients/c1', 'oauthGrants/g1', 'oauth/x'],
      ...['directory/ann/notes/n1', 'notes/n1/comments/c1', 'Notes/n1', 'anything/else', '__proto__/x'],
    ];
    for (const path of closed) {
      it(`closes ${path}`, () => {
        for (const auth of [
          null,
          ...ALL_ROLES.map((role) => holder('ann', role)),
          holder('ann', ...ALL_ROLES),
        ]) {
          for (const operation of operations) denied({ ...onAnnsNote(auth, operation), path });
        }
      });
    }
  });
});

describe('the reading of firestore.rules in these tests', () => {
  const mistakes: readonly [string, string, string][] = [
    ['a missing semicolon', 'if false;', 'if false'],
    ['an operator that does not exist', ' && request.auth.uid', ' &&& request.auth.uid'],
    ['a missing operator', 'signedIn() && request', 'signedIn() request'],
    ['an open parenthesis', 'claimedRoles().hasAny(names)', 'claimedRoles().hasAny(names'],
    ['an open string', "'owner']);", "'owner]);"],
    ['an operation that does not exist', 'allow delete', 'allow remove'],
    ['a misspelt keyword', 'allow delete', 'alow delete'],
    ['an allow without a condition', 'allow read, write: if false;', 'allow read, write;'],
    ['a type that does not exist', 'is list', 'is array'],
    ['version 1', "rules_version = '2'", "rules_version = '1'"],
    ['a call of a function that is not there', 'if canReadNotes()', 'if canReadNote()'],
    ['a call with too many arguments', 'if canReadNotes()', "if canReadNotes('all')"],
    ['a method that is not there', '.hasAny(names)', '.hasSome(names)'],
    ['a name that is not there', 'owns(resource.data.owner)', 'owns(document.data.owner)'],
  ];
  for (const [what, text, replacement] of mistakes) {
    it(`rejects ${what}`, () => assert.throws(() => loadRules(broken(text, replacement)), RulesSyntaxError));
  }

  it('rejects a file that ends too early or goes on too long', () => {
    assert.throws(() => loadRules(source.trimEnd().slice(0, -1)), RulesSyntaxError);
    assert.throws(() => loadRules(`${source}}`), RulesSyntaxError);
  });

  it('sees a hole: one more match that grants is enough, whatever denies beside it', () => {
    const allows = loadRules(broken("// The server's own.", 'match /{any=**} { allow get: if signedIn(); }'));
    assert.equal(allows({ ...onAnnsNote(ann, 'get'), path: 'directory/bob' }), true);
    assert.equal(allows({ ...onAnnsNote(null, 'get'), path: 'directory/bob' }), false);
  });

  it('lets an error refuse only the allow it happened in', () => {
    const allows = loadRules(broken('allow delete', 'allow get: if resource.data.none == 1;\n allow delete'));
    assert.equal(allows(onAnnsNote(ann, 'get')), true);
    assert.equal(allows(onAnnsNote(holder('bob', 'member'), 'get')), false);
  });
});
