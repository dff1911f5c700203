import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { generateRules } from '../../scripts/generate-rules.ts';
import { readRoleClaims } from '../../src/authz/role-claims.ts';
import { ALL_ROLES, permissionsOf } from '../../src/authz/roles.ts';
import {
  type Attempt,
  attemptOn,
  type Caller,
  type Content,
  holder,
  holderFor,
  SERVER_TIME,
} from './access-cases.ts';
import { MATRIX, STORED } from './access-matrix.ts';
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

describe('firestore.rules', () => {
  defineAccessTests(allows);

  it('honours a role until the last millisecond before it expires', () => {
    const member = holderFor(60, 'member');
    const end = NOW + 60_000;
    const reads = (time: number) => allows(member, attemptOn('get', 'notes'), time);
    assert.deepEqual([end - 1, end, end + 1].map(reads), [true, false, false]);
  });

  it('accepts every configured role in a condition', () => {
    const moderators = ALL_ROLES.filter((role) => permissionsOf([role]).includes('notes:moderate'));
    for (const role of ALL_ROLES) {
      const named = source.replace(/(canReadNotes\(\) \{\s*return holdsOneOf\()[^)]*/, `$1['${role}']`);
      assert.notEqual(named, source);
      const rules = loadRules(named);
      const mayRead = (each: string) => allows(holder(each), attemptOn('get', 'notes'), NOW, rules);
      assert.deepEqual(new Set(ALL_ROLES.filter(mayRead)), new Set([role, ...moderators]));
    }
  });

  it('reads the claims of every caller as the server does', () => {
    const cases = [...Object.values(MATRIX), ...(ATTACKS.claims ?? [])];
    for (const { caller } of cases) {
      const claims = caller?.claims(NOW / 1000) ?? {};
      const held = permissionsOf(readRoleClaims(claims, NOW / 1000).roles);
      const allowed = (['ann', 'bob'] as const).map((owner) =>
        allows(caller, attemptOn('get', 'notes', owner)),
      );
      const expected = [held.includes('notes:read'), held.includes('notes:moderate')];
      assert.deepEqual(allowed, expected, JSON.stringify(claims));
    }
  });

  it('is what `npm run build` generates from gatehouse.config.ts', () => {
    assert.equal(generateRules(source), source);
  });

  it('is tested with the permissions of each role', () => {
    for (const role of ALL_ROLES) {
      const held = permissionsOf([role]);
      const own = `${held.includes('notes:read') ? 'gl' : '--'}${held.includes('notes:write') ? 'cud' : '---'}`;
      const others = held.includes('notes:moderate') ? 'gl--d' : '-----';
      assert.deepEqual([MATRIX[role]?.own, MATRIX[role]?.others], [own, others], role);
    }
  });
});
