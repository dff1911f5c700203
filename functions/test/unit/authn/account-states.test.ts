import assert from 'node:assert/strict';
import { type AccountState, createAccountStates } from '../../../src/authn/account-states.ts';
import { unavailable } from '../../../src/errors.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const state = (rolesVersion = 0): AccountState => ({
  disabled: false,
  validAfter: 0,
  roles: [],
  rolesVersion,
});

/** Firebase Auth in the test's own hands: each look-up waits until it is answered here. */
function createSubject({ maxAge = 10 } = {}) {
  let now = 1_000_000;
  const asked: { uid: string; answer: PromiseWithResolvers<AccountState | undefined> }[] = [];
  const states = createAccountStates({
    maxAge,
    clock: () => now,
    load: (uid) => {
      const answer = Promise.withResolvers<AccountState | undefined>();
      asked.push({ uid, answer });
      return answer.promise;
    },
  });
  return {
    states,
    asked,
    answer: (index: number, value: AccountState | undefined) => asked[index]?.answer.resolve(value),
    fail: (index: number) => asked[index]?.answer.reject(unavailable('getUser')),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('account states', () => {
  it('are asked for once per account and max age', async () => {
    const { states, asked, answer, pass } = createSubject();
    const first = states.get('ada', false);
    answer(0, state(1));
    assert.deepEqual(await first, state(1));
    pass(9_999);
    assert.deepEqual(await states.get('ada', false), state(1));
    assert.equal(asked.length, 1);
    pass(1);
    states.get('ada', false);
    assert.equal(asked.length, 2);
  });

  it('are kept apart by account', () => {
    const { states, asked } = createSubject();
    states.get('ada', false);
    states.get('bob', false);
    states.get('__proto__', false);
    assert.deepEqual(
      asked.map(({ uid }) => uid),
      ['ada', 'bob', '__proto__'],
    );
  });

  it('are asked for once by requests that come together', async () => {
    const { states, asked, answer } = createSubject();
    const both = Promise.all([states.get('ada', false), states.get('ada', false)]);
    answer(0, state(1));
    assert.deepEqual(await both, [state(1), state(1)]);
    assert.equal(asked.length, 1);
  });

  it('age from the question, so that a slow answer is not believed for longer', async () => {
    const { states, asked, answer, pass } = createSubject();
    const first = states.get('ada', false);
    pass(10_000);
    answer(0, state());
    await first;
    states.get('ada', false);
    assert.equal(asked.length, 2);
  });

  it('are asked for each time when the max age is 0', () => {
    const { states, asked } = createSubject({ maxAge: 0 });
    states.get('ada', false);
    states.get('ada', false);
    assert.equal(asked.length, 2);
  });

  it('are asked for anew by a privileged request, whose answer counts for all', async () => {
    const { states, asked, answer } = createSubject();
    states.get('ada', false);
    answer(0, state(1));
    const fresh = states.get('ada', true);
    answer(1, state(2));
    assert.deepEqual(await fresh, state(2));
    assert.deepEqual(await states.get('ada', false), state(2));
    assert.equal(asked.length, 2);
  });

  it('remember that an account does not exist', async () => {
    const { states, asked, answer } = createSubject();
    const first = states.get('eve', false);
    answer(0, undefined);
    assert.equal(await first, undefined);
    assert.equal(await states.get('eve', false), undefined);
    assert.equal(asked.length, 1);
  });

  it('do not remember a failure', async () => {
    const { states, answer, fail } = createSubject();
    const first = states.get('ada', false);
    fail(0);
    await assertRefused(() => first, 'unavailable');
    const second = states.get('ada', false);
    answer(1, state(1));
    assert.deepEqual(await second, state(1));
  });

  it('keep a newer answer when an older question fails late', async () => {
    const { states, asked, answer, fail } = createSubject();
    const first = states.get('ada', false);
    const fresh = states.get('ada', true);
    answer(1, state(2));
    await fresh;
    fail(0);
    await assertRefused(() => first, 'unavailable');
    assert.deepEqual(await states.get('ada', false), state(2));
    assert.equal(asked.length, 2);
  });

  it('are asked for anew after this instance changed the account, even with a question under way', async () => {
    const { states, asked, answer } = createSubject();
    const before = states.get('ada', false);
    states.forget('ada');
    const after = states.get('ada', false);
    answer(0, state(1));
    answer(1, state(2));
    await before;
    assert.deepEqual(await after, state(2));
    assert.deepEqual(await states.get('ada', false), state(2));
    assert.equal(asked.length, 2);
  });

  it('can be forgotten before they were known', () => {
    const { states, asked } = createSubject();
    states.forget('ada');
    assert.equal(asked.length, 0);
  });

  it('stay bounded, however many accounts come', () => {
    const { states, asked } = createSubject();
    for (let i = 0; i < 10_001; i++) states.get(`user-${i}`, false);
    states.get('user-10000', false);
    assert.equal(asked.length, 10_001);
    states.get('user-0', false);
    assert.equal(asked.length, 10_002);
  });
});
