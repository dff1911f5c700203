import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { generateRules } from '../../scripts/generate-rules.ts';
import type { Permission } from '../../src/authz/permissions.ts';
import { readRoleClaims } from '../../src/authz/role-claims.ts';
import { ALL_ROLES, permissionsOf, type Role } from '../../src/authz/roles.ts';
import { describeWithNotes } from '../helpers/notes.ts';
import {
  type Attempt,
  attemptOn,
  type Caller,
  type Content,
  holder,
  holderFor,
  SERVER_TIME,
} from './access-cases.ts';
import { lettersOf, MATRIX, notesWith, STORED } from './access-matrix.ts';
import { defineAccessTests } from './access-suite.ts';
import { ATTACKS } from './attack-cases.ts';
import { type Fields, loadRules } from './evaluate-rules.ts';

const source = readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8');
const loaded = loadRules(source);
const NOW = Date.parse('2026-03-01T12:00:00Z');

/** @param time of the request at the server (ms); the claims are those at `NOW` */
function allows(
  caller: Caller | null,
  { document, ...attempt }: Attempt,
  time = NOW,
  rules = loaded,
): boolean {
  const auth = caller && { uid: caller.uid, token: { sub: caller.uid, ...caller.claims(NOW / 1000) } };
  const at = new Date(time);
  const before = STORED.get(attempt.path);
  return rules({ ...attempt, auth, time: at, before, after: document && withServerTime(document, at) });
}

function withServerTime(content: Content, time: Date): Fields {
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, value === SERVER_TIME ? time : value]),
  );
}

const NOTES_PERMISSIONS = ['notes:read', 'notes:write', 'notes:moderate'] as const;
/** Every combination of the permissions. */
const SETS_OF_PERMISSIONS: readonly Permission[][] = Array.from(
  { length: 2 ** NOTES_PERMISSIONS.length },
  (_, set) => NOTES_PERMISSIONS.filter((_permission, at) => set & (1 << at)),
);

/** The rules of a configuration in which this role holds these permissions for notes, and no other role holds any. */
function rulesWhere(role: Role, held: readonly Permission[]) {
  const text = NOTES_PERMISSIONS.reduce((rules, permission) => {
    const list = new RegExp(`(// ${permission}\\n *function \\w+\\(\\) \\{\\s*return holdsOneOf\\()[^)]*`);
    assert.match(rules, list);
    return rules.replace(list, `$1[${held.includes(permission) ? `'${role}'` : ''}]`);
  }, source);
  return loadRules(text);
}

describeWithNotes('firestore.rules', () => {
  defineAccessTests(allows);

  it('honours a role until the last millisecond before it expires', () => {
    const member = holderFor(60, 'member');
    const end = NOW + 60_000;
    const reads = (time: number) => allows(member, attemptOn('get', 'notes'), time);
    assert.deepEqual([end - 1, end, end + 1].map(reads), [true, false, false]);
  });

  it('accepts every configured role in a condition', () => {
    for (const role of ALL_ROLES) {
      const rules = rulesWhere(role, ['notes:read']);
      const mayRead = (each: string) => allows(holder(each), attemptOn('get', 'notes'), NOW, rules);
      assert.deepEqual(ALL_ROLES.filter(mayRead), [role]);
    }
  });

  for (const held of SETS_OF_PERMISSIONS) {
    const [own, others] = notesWith(held);
    it(`allows ${own} on own notes, ${others} on others with [${held.join(', ')}]`, async () => {
      for (const role of ALL_ROLES) {
        const rules = rulesWhere(role, held);
        const letters = await lettersOf((attempt) => allows(holder(role), attempt, NOW, rules));
        assert.deepEqual([letters['own notes'], letters['notes of others']], [own, others], role);
      }
    });
  }

  it('gives a role with nothing but notes:moderate no access', () => {
    assert.deepEqual(notesWith(['notes:moderate']), ['-----', '-----']);
    assert.deepEqual(notesWith(['notes:read', 'notes:moderate']), ['gl---', 'gl---']);
    assert.deepEqual(notesWith(['notes:write', 'notes:moderate']), ['--cud', '----d']);
  });

  it('reads the claims of every caller as the server does', () => {
    const cases = [...Object.values(MATRIX), ...(ATTACKS.claims ?? [])];
    for (const { caller } of cases) {
      const claims = caller?.claims(NOW / 1000) ?? {};
      const held = permissionsOf(readRoleClaims(claims, NOW / 1000).roles);
      const allowed = (['ann', 'bob'] as const).map((owner) =>
        allows(caller, attemptOn('get', 'notes', owner)),
      );
      const read = held.includes('notes:read');
      const expected = [read, read && held.includes('notes:moderate')];
      assert.deepEqual(allowed, expected, JSON.stringify(claims));
    }
  });

  it('is what `npm run build` generates from gatehouse.config.ts', () => {
    assert.equal(generateRules(source), source);
  });

  it('is tested with the permissions of each role', () => {
    for (const role of ALL_ROLES) {
      const [own, others] = notesWith(permissionsOf([role]));
      assert.deepEqual([MATRIX[role]?.own, MATRIX[role]?.others], [own, others], role);
    }
  });
});
