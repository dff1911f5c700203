import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ANONYMOUS, createPrincipal, type Principal } from '../../../src/authz/principal.ts';
import { loadConfig } from '../../../src/config.ts';
import type { AppError } from '../../../src/core/errors.ts';
import type { CountedRequest, OperationLimit } from '../../../src/pipeline/rate-limit.ts';
import { createRateLimits } from '../../../src/rate-limits/rate-limits.ts';
import { productOf } from '../../helpers/product.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

const clock = createMovableClock();
const SMALL = { user: 3, shared: 5, window: 60 };

function open(rateLimits: unknown = { read: SMALL, write: SMALL, privileged: SMALL, credential: null }) {
  const config = loadConfig({ GCLOUD_PROJECT: 'demo-shop' }, productOf({ rateLimits }));
  const firestore = async () => assert.fail('memory suffices');
  return createRateLimits({ config, clock, firestore });
}

function principalOf(subject: string, facts: Partial<Principal> = {}): Principal {
  return createPrincipal({ ...ANONYMOUS, kind: 'user', issuer: 'https://issuer', subject, ...facts });
}
const request = (
  principal: Principal,
  rateLimit: OperationLimit = 'read',
  address?: string,
  name = 'getNote',
): CountedRequest => ({ name, rateLimit, principal, address: () => address });

/** How many of `times` requests pass. */
function passing(limits: ReturnType<typeof open>, times: number, ...of: Parameters<typeof request>): number {
  let passed = 0;
  for (let n = 0; n < times; n++) {
    try {
      assert.equal(limits.count(request(...of)), undefined);
      passed++;
    } catch (error) {
      assert.equal((error as AppError).code, 'rate_limited');
    }
  }
  return passed;
}

describe('rate limits in memory', () => {
  it('says how long to wait, and which limit it is', async () => {
    const limits = open();
    const ada = principalOf('ada');
    assert.equal(passing(limits, 50, ada), 3);
    clock.move(20_000);
    const { retryAfter, quota } = await assertRefused(() => limits.count(request(ada)), 'rate_limited');
    assert.deepEqual([retryAfter, quota], [40, { name: 'read', uses: 3, window: 60 }]);
  });

  it('ends with the window, whatever the caller does in it: no lock-out for good', () => {
    const limits = open();
    for (let minute = 0; minute < 5; minute++) {
      for (let second = 0; second < 60; second += 10) {
        assert.equal(passing(limits, 500, principalOf('ada')), second === 0 ? 3 : 0);
        clock.move(10_000);
      }
    }
  });

  it('counts a user by issuer and subject, never by e-mail address', () => {
    const limits = open();
    const spellings = ['ada@example.com', 'ADA@example.com', 'ada+1@example.com'];
    const passed = spellings.map((email) => passing(limits, 2, principalOf('ada', { email })));
    assert.deepEqual(passed, [2, 1, 0]);
    assert.equal(passing(limits, 9, principalOf('ada', { issuer: 'https://other' })), 3);
    assert.equal(passing(limits, 9, principalOf('__proto__')), 3);
    assert.equal(passing(limits, 9, principalOf('constructor')), 3);
  });

  it('counts a user with a directory id alike for each kind of credential', () => {
    const limits = open();
    const user = { directoryId: 'ada' };
    assert.equal(passing(limits, 2, principalOf('ada', { ...user, credential: 'bearer' })), 2);
    assert.equal(passing(limits, 2, principalOf('ada', { ...user, credential: 'session-cookie' })), 1);
  });

  it('gives services and addresses the limit that many people share', () => {
    const limits = open();
    assert.equal(passing(limits, 9, principalOf('backend', { kind: 'service' })), 5);
    assert.equal(passing(limits, 9, ANONYMOUS, 'read', '203.0.113.7'), 5);
    assert.equal(passing(limits, 9, ANONYMOUS, 'read', '203.0.113.8'), 5);
    assert.equal(passing(limits, 9, ANONYMOUS), 5, 'without a known address');
  });

  it('takes an IPv6 network of 64 bits for one address', () => {
    const limits = open();
    assert.equal(passing(limits, 3, ANONYMOUS, 'read', '2001:db8:1:2::1'), 3);
    assert.equal(passing(limits, 3, ANONYMOUS, 'read', '2001:db8:1:2:ffff::9'), 2);
    assert.equal(passing(limits, 3, ANONYMOUS, 'read', '2001:db8:1:3::1'), 3);
  });

  it('counts each class, and each operation with a limit of its own, apart', () => {
    const limits = open();
    const ada = principalOf('ada');
    const own = { user: 2, shared: 2, window: 10 };
    assert.equal(passing(limits, 9, ada, 'read', undefined, 'getNote'), 3);
    assert.equal(passing(limits, 9, ada, 'read', undefined, 'listNotes'), 0);
    assert.equal(passing(limits, 9, ada, 'write'), 3);
    assert.equal(passing(limits, 9, ada, own, undefined, 'exportNotes'), 2);
    assert.equal(passing(limits, 9, ada, own, undefined, 'importNotes'), 2);
  });

  it('has no limit where the configuration or the operation says null', () => {
    const limits = open({ read: SMALL, write: null });
    assert.equal(passing(limits, 900, principalOf('ada'), 'write'), 900);
    assert.equal(passing(limits, 900, principalOf('ada'), null), 900);
    assert.equal(passing(limits, 900, principalOf('ada'), 'read'), 3);
  });

  it('stays within 25 MB with a million addresses and a million users', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const limits = open();
    collect();
    const before = process.memoryUsage().heapUsed;
    assert.equal(passing(limits, 9, principalOf('ada')), 3);
    for (let n = 0; n < 1_000_000; n++) {
      const address = `203.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
      limits.count(request(ANONYMOUS, 'read', address));
    }
    assert.equal(passing(limits, 9, principalOf('ada')), 0, 'a flood of addresses leaves users alone');
    for (let n = 0; n < 1_000_000; n++) {
      limits.count({
        ...request(ANONYMOUS),
        principal: { ...ANONYMOUS, kind: 'user', subject: `user-${n}` },
      });
    }
    collect();
    const growth = process.memoryUsage().heapUsed - before;
    assert.ok(growth < 25e6, `${growth} bytes`);
    assert.equal(passing(limits, 9, principalOf('ada')), 3, 'the oldest users made room');
  }).timeout(60_000);
});
