import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json.ts';
import { emptyEntry, importedEntry } from '../../../src/directory/entry.ts';
import { type ImportProgress, importUsers } from '../../../src/directory/import-users.ts';
import {
  grantMapped,
  type MapOptions,
  matchRules,
  parseClaimRule,
  planMapping,
} from '../../../src/users/claim-roles.ts';
import { surveyClaims } from '../../../src/users/claim-survey.ts';
import { accountOf } from '../../helpers/memory-accounts.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const rulesOf = (...texts: string[]) => texts.map(parseClaimRule);
const OPERATOR = { kind: 'operator', requestId: 'test' } as const;

describe('roles for claims of other code', () => {
  const matching: [rule: string, claims: JsonObject, matches: boolean][] = [
    ['admin=admin', { admin: true }, true],
    ['admin=admin', { admin: 'true' }, true],
    ['admin=admin', { admin: false }, false],
    ['admin=admin', { admin: 1 }, false],
    ['admin=admin', { admin: { true: true } }, false],
    ['admin=admin', { admin: null }, false],
    ['admin=admin', {}, false],
    ['role:editor=support', { role: 'editor' }, true],
    ['role:editor=support', { role: 'Editor' }, false],
    ['role:editor=support', { role: 'editors' }, false],
    ['role:editor=support', { role: ['viewer', 'editor'] }, true],
    ['role:editor=support', { role: [['editor']] }, false],
    ['role:editor=support', { role: { editor: true } }, false],
    ['level:3=admin', { level: 3 }, true],
    ['https://a.example/roles:editor=support', { 'https://a.example/roles': ['editor'] }, true],
    ['https://a.example/admin=admin', { 'https://a.example/admin': true }, true],
    ['urn:a:admin:true=admin', { 'urn:a:admin': true }, true],
    ['constructor=admin', {}, false],
    ['__proto__=admin', {}, false],
    // Of other code without `rv`; of Gatehouse with it.
    ['roles:editor=support', { roles: ['editor'] }, true],
    ['roles:admin=owner', { roles: ['admin'], rv: 1 }, false],
    ['rv:1=owner', { roles: [], rv: 1 }, false],
    ['admin=support', { admin: true, roles: ['member'], rv: 1 }, true],
  ];
  for (const [rule, claims, matches] of matching) {
    it(`${rule} ${matches ? 'names' : 'does not name'} a user with ${JSON.stringify(claims)}`, () => {
      assert.equal(matchRules(rulesOf(rule), claims).length, Number(matches));
    });
  }

  for (const text of ['admin', '=admin', 'admin=', 'a=b=admin', 'admin=constructor', 'role:=admin']) {
    it(`refuses the rule ${text}`, () => {
      assert.throws(() => parseClaimRule(text), { code: 'invalid_argument' });
    });
  }

  it('plans nothing for an external user, and nothing twice', () => {
    const options = { rules: rulesOf('admin=admin'), force: false };
    const account = accountOf('ann', { claims: { admin: true } });
    const entry = emptyEntry('ann', 1);
    assert.equal(planMapping(options, account, entry)?.outcome, 'granted');
    const identity = { issuer: 'https://a.example', subject: 'ann' };
    assert.equal(planMapping(options, account, { ...entry, identity }), undefined);
    assert.equal(planMapping(options, account, entryOf('ann', { roles: ['admin'] }))?.outcome, 'held');
  });

  const refused: [what: string, facts: Parameters<typeof accountOf>[1], rule: string, outcome: string][] = [
    ['disabled', { disabled: true }, 'admin=member', 'disabled'],
    ['unverified', { emailVerified: false }, 'admin=admin', 'unverified'],
    ['unverified, for an ordinary role', { emailVerified: false }, 'admin=member', 'granted'],
    ['without an address', { email: undefined, emailVerified: false }, 'admin=admin', 'granted'],
  ];
  for (const [what, facts, rule, outcome] of refused) {
    it(`plans ${outcome} for a user who is ${what}`, () => {
      const account = accountOf('ann', { ...facts, claims: { admin: true } });
      const plan = (force: boolean) =>
        planMapping({ rules: rulesOf(rule), force }, account, importedEntry(account, 1))?.outcome;
      assert.deepEqual([plan(false), plan(true)], [outcome, 'granted']);
    });
  }

  it('plans too-large where the claims would not fit', () => {
    const account = accountOf('ann', { claims: { admin: true, other: 'x'.repeat(960) } });
    const options = { rules: rulesOf('admin=admin'), force: true };
    assert.equal(planMapping(options, account, emptyEntry('ann', 1))?.outcome, 'too-large');
  });
});

describe('the import with roles for claims of other code', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory([
      ['ann', { claims: { admin: true, plan: 'pro' } }],
      ['bob', { claims: { roles: ['editor'] } }],
      ['eve', { claims: {} }],
    ]);
  });
  afterEach(() => access.close());

  async function run(more: Partial<MapOptions> = {}) {
    const options = { rules: rulesOf('admin=admin', 'roles:editor=support'), force: false, ...more };
    const { accounts, directory, clock } = access;
    const mapping = {
      isFor: (...user: Parameters<typeof importedPlan>) => importedPlan(...user) === 'granted',
      provision: (account: ReturnType<typeof accountOf>) =>
        grantMapped({ directory, clock }, options, account),
    };
    const importedPlan = (account: ReturnType<typeof accountOf>, entry: Parameters<typeof planMapping>[2]) =>
      planMapping(options, account, entry)?.outcome;
    let last: ImportProgress | undefined;
    for await (const { imported } of importUsers({ accounts, directory, clock, dryRun: false, mapping }))
      last = imported;
    return last?.mapped;
  }
  const rolesOf = async (uid: string) =>
    (await access.directory.find(uid))?.grants.map(({ role }) => role) ?? [];

  it('grants once, with an audit event, and merges the claims', async () => {
    assert.deepEqual([await run(), await run()], [2, 0]);
    assert.deepEqual(access.accounts.byUid.get('ann')?.claims, {
      ...{ admin: true, plan: 'pro', roles: ['admin'], rv: 1 },
    });
    assert.deepEqual(access.accounts.byUid.get('bob')?.claims, { roles: ['support'], rv: 1 });
    const { events } = await access.audit.list({ pageSize: 10, action: 'roles.set' });
    assert.deepEqual(events.map(({ actor, target }) => [actor, target]).toSorted(), [
      ['operator', 'ann'],
      ['operator', 'bob'],
    ]);
  });

  it('adds to the default role', async () => {
    const { directory } = access;
    await access.users.get('ann');
    await directory.changeAccess(
      { kind: 'system', requestId: 'r' },
      { uid: 'ann', action: 'roles.default' },
      ({ now }) => ({
        grants: [{ role: 'member', grantedBy: 'system', grantedAt: now }],
      }),
    );
    await run();
    assert.deepEqual(await rolesOf('ann'), ['member', 'admin']);
  });

  it('does not restore a role that was taken away', async () => {
    await run();
    await access.changeAccess(OPERATOR, { uid: 'ann', action: 'roles.set' }, () => ({ grants: [] }));
    assert.equal(await run(), 0);
    assert.deepEqual(await rolesOf('ann'), []);
  });

  it('does not grant what was decided between the plan and the transaction', async () => {
    const options = { rules: rulesOf('admin=admin'), force: false };
    await access.users.get('ann');
    await access.changeAccess(OPERATOR, { uid: 'ann', action: 'roles.set' }, () => ({ grants: [] }));
    await grantMapped(access, options, access.accounts.byUid.get('ann') ?? assert.fail());
    assert.deepEqual(await rolesOf('ann'), []);
  });

  it('makes owner only those who are confirmed', async () => {
    const rules = rulesOf('admin=owner');
    assert.equal(await run({ rules, owners: new Set() }), 0);
    assert.deepEqual([await rolesOf('ann'), await access.owners()], [[], []]);
    assert.equal(await run({ rules, owners: new Set(['ann']) }), 1);
    assert.deepEqual([await rolesOf('ann'), await access.owners()], [['owner'], ['ann']]);
  });
});

describe('the survey of claims', () => {
  it('counts the values that no rule names, and shows none that look like ids', () => {
    const survey = surveyClaims(rulesOf('admin=admin', 'role:editor=support'));
    survey.see({ admin: true, role: 'viewer', teams: ['a', 'b'], note: {} });
    survey.see({ role: 'editor', teams: [], vip: true });
    survey.see({ role: ['editor', 'viewer'], teams: ['a'], line: 'a\u202Eb' });
    survey.see({ roles: ['member'], rv: 1, rx: {} });
    for (let n = 0; n < 20; n++) survey.see({ customer: `c${n}` });
    assert.deepEqual(survey.lines(), [
      'customer: 20 users, 20 different values',
      'line: 1 user, "a[U+202E]b" 1',
      'note: 1 user, an object 1',
      'role: 2 users, "viewer" 2',
      'teams: 3 users, "a" 2, "b" 1',
      'vip: 1 user, "true" 1',
    ]);
    assert.equal(survey.replaced, 0);
    survey.see({ roles: ['editor'] });
    assert.equal(survey.replaced, 1);
  });
});
