import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AuditQuery } from '../../../src/audit/audit-log.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const ACTIONS = ['roles.set', 'user.disable', 'user.delete', 'notes.delete'] as const;
const BASE = Date.parse('2026-03-01T12:00:00Z');

const at = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanoseconds: (ms % 1000) * 1_000_000 });

describe('the audit log', () => {
  let access: TestDirectory;
  before(async () => {
    access = await openTestDirectory();
    const { db, Timestamp } = access.firestore;
    const batch = db.batch();
    for (let n = 0; n < 24; n++) {
      // Four of each microsecond, a second apart.
      const at = new Timestamp(BASE / 1000 + Math.floor(n / 4), 1_000);
      batch.create(db.doc(`auditEvents/e${String(n).padStart(2, '0')}`), {
        ...{
          actor: `a${n % 2}`,
          target: `t${n % 3}`,
          action: ACTIONS[n % 4],
          outcome: 'done',
          requestId: 'r',
        },
        ...{ at, expireAt: Timestamp.fromMillis(BASE) },
      });
    }
    await batch.commit();
  });
  after(() => access.close());

  const ids = (events: readonly { id: string }[]) => events.map(({ id }) => Number(id.slice(1)));
  const newestFirst = Array.from({ length: 24 }, (_, n) => 23 - n);
  const all = async (query: Partial<AuditQuery> = {}) =>
    ids((await access.audit.list({ pageSize: 100, ...query })).events);

  it('lists the newest events first, with their time to the microsecond', async () => {
    assert.deepEqual(await all(), newestFirst);
    const { events } = await access.audit.list({ pageSize: 1 });
    assert.deepEqual([events[0]?.at, events[0]?.actor], ['2026-03-01T12:00:05.000001Z', 'a1']);
    assert.ok(!('expireAt' in (events[0] ?? {})));
  });

  for (const actor of [undefined, 'a0']) {
    for (const target of [undefined, 't1']) {
      for (const action of [undefined, ACTIONS[2]]) {
        for (const from of [undefined, BASE + 2_000]) {
          it(`filters by actor ${actor}, target ${target}, action ${action}, from ${from}`, async () => {
            const expected = newestFirst
              .filter((n) => actor === undefined || `a${n % 2}` === actor)
              .filter((n) => target === undefined || `t${n % 3}` === target)
              .filter((n) => action === undefined || ACTIONS[n % 4] === action)
              .filter((n) => from === undefined || n >= 8);
            assert.deepEqual(
              await all({ actor, target, action, from: from === undefined ? undefined : at(from) }),
              expected,
            );
          });
        }
      }
    }
  }

  it('includes `from` and excludes `to`', async () => {
    const { db, Timestamp } = access.firestore;
    await db.doc('auditEvents/e90').create({ actor: 'edge', at: Timestamp.fromMillis(BASE + 60_000) });
    assert.deepEqual(await all({ actor: 'edge', from: at(BASE + 60_000) }), [90]);
    assert.deepEqual(await all({ actor: 'edge', from: at(BASE + 60_001) }), []);
    assert.deepEqual(await all({ actor: 'edge', to: at(BASE + 60_000) }), []);
    assert.deepEqual(await all({ actor: 'edge', to: at(BASE + 60_001) }), [90]);
    await db.doc('auditEvents/e90').delete();
  });

  for (const pageSize of [1, 3, 4, 5, 23, 24]) {
    it(`pages by ${pageSize} without repeating or leaving out events of one microsecond`, async () => {
      const found: number[] = [];
      let pageToken: string | undefined;
      do {
        const page = await access.audit.list({ pageSize, pageToken });
        found.push(...ids(page.events));
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      assert.deepEqual(found, newestFirst);
    });
  }

  it('streams all events that match', async () => {
    const found: { id: string }[] = [];
    for await (const event of access.audit.stream({ actor: 'a0' })) found.push(event);
    assert.deepEqual(
      ids(found),
      newestFirst.filter((n) => n % 2 === 0),
    );
  });

  for (const at of [
    [],
    ['x'],
    [1, 2],
    [1, 2, 3],
    ['1', 2, 'e'],
    [1, -1, 'e'],
    [1, 2e9, 'e'],
    [1e300, 0, 'e'],
    [1, 0, 'a/b'],
  ]) {
    it(`refuses the forged page token ${JSON.stringify(at)}`, async () => {
      const pageToken = Buffer.from(JSON.stringify(at)).toString('base64url');
      await assertRefused(() => access.audit.list({ pageSize: 5, pageToken }), 'invalid_argument');
    });
  }
});

describe('recorded refusals', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory();
  });
  afterEach(() => access.close());

  const refuse = (actor: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        access.audit.recordRefusal({
          actor,
          action: 'roles.set',
          target: 't',
          outcome: 'refused',
          requestId: 'r',
        }),
      ),
    );

  it('are limited to 30 per actor and minute; the next one has the number of suppressed ones', async () => {
    await refuse('eve', 45);
    await refuse('ann', 1);
    const of = async (actor: string) =>
      (await access.all('auditEvents')).filter((event) => event.actor === actor);
    assert.deepEqual([(await of('eve')).length, (await of('ann')).length], [30, 1]);
    access.clock.move(59_999);
    await refuse('eve', 1);
    assert.equal((await of('eve')).length, 30);
    access.clock.move(1);
    await refuse('eve', 2);
    const counted = (await of('eve')).map(({ after }) => after).filter((after) => after !== undefined);
    assert.deepEqual([(await of('eve')).length, counted], [32, [{ suppressed: 16 }]]);
  });

  it('are logged as a failure when they cannot be written, and do not throw', async () => {
    await access.firestore.close();
    await refuse('eve', 1);
    assert.deepEqual(
      access.lines.map(({ kind }) => kind),
      ['failure'],
    );
  });
});

describe('AuditLog.append', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory();
  });
  afterEach(() => access.close());

  const EVENT = {
    actor: 'ann',
    action: 'roles.set',
    target: 'bob',
    outcome: 'done',
    requestId: 'r',
  } as const;

  it('adds the event with the server time and the end of its retention, without undefined fields', async () => {
    const { db } = access.firestore;
    const batch = db.batch();
    access.audit.append(access.firestore, batch, { ...EVENT, reason: undefined }, 'e1');
    await batch.commit();
    const snapshot = await db.doc('auditEvents/e1').get();
    const { at, expireAt, ...fields } = snapshot.data() ?? {};
    assert.deepEqual(fields, EVENT);
    assert.equal(at.toMillis(), snapshot.createTime?.toMillis());
    assert.equal(expireAt.toMillis(), access.clock() + 400 * 86_400_000);
  });

  it('writes nothing when the transaction fails, nor a second event with the same id', async () => {
    const { db } = access.firestore;
    const appendThen = (finish: () => void) =>
      db.runTransaction(async (tx) => {
        access.audit.append(access.firestore, tx, EVENT, 'e1');
        finish();
      });
    await assert.rejects(
      appendThen(() => {
        throw new Error('refused');
      }),
      /refused/,
    );
    assert.deepEqual(await access.all('auditEvents'), []);
    await appendThen(() => undefined);
    await assert.rejects(
      appendThen(() => undefined),
      { code: 6 },
    );
    assert.equal((await access.all('auditEvents')).length, 1);
  });
});

describe('the source of audit events', () => {
  const src = fileURLToPath(new URL('../../../src/', import.meta.url));

  it('has the collection in one file, which creates events and neither changes nor deletes them', () => {
    const files = globSync('**/*.ts', { cwd: src }).filter((path) =>
      /AUDIT_EVENTS|['"`/]auditEvents['"`/]/.test(readFileSync(`${src}${path}`, 'utf8')),
    );
    assert.deepEqual(files, ['audit/audit-log.ts']);
    const text = readFileSync(`${src}audit/audit-log.ts`, 'utf8');
    assert.equal([...text.matchAll(/\.create\(/g)].length, 1);
    assert.doesNotMatch(text, /\.(set|update|delete)\(/);
  });

  it('gives other files a reference only to read it', () => {
    for (const path of globSync('**/*.ts', { cwd: src })) {
      const text = readFileSync(`${src}${path}`, 'utf8');
      const names = [...text.matchAll(/\b(\w+)\s*=\s*auditEventRef\(/g)].map(([, name]) => name);
      for (const name of names) {
        const changed = new RegExp(
          `\\b(create|set|update|delete)\\(\\s*${name}\\b|\\b${name}\\.(create|set|update|delete)\\(`,
        );
        assert.doesNotMatch(text, changed, `${path}: ${name}`);
      }
    }
  });
});
