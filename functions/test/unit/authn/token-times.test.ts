import assert from 'node:assert/strict';
import { readTimes } from '../../../src/authn/token-times.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const NOW = 1_800_000_000;
const PROFILE = { maxLifetime: 3600, authTime: 'required' } as const;
const good = { iat: NOW - 10, exp: NOW + 600, auth_time: NOW - 60 };
const read = (claims: object, profile: Parameters<typeof readTimes>[1] = PROFILE) =>
  readTimes({ ...good, ...claims }, profile, NOW);

describe('readTimes', () => {
  it('returns the times in seconds', () => {
    assert.deepEqual(read({}), {
      ...{ iat: NOW - 10, exp: NOW + 600, authTime: NOW - 60, signedInAt: NOW - 60 },
    });
  });

  it('uses iat as auth_time only if the profile has no auth_time', () => {
    const { authTime, signedInAt } = read({ auth_time: undefined }, { ...PROFILE, authTime: null });
    assert.deepEqual([authTime, signedInAt], [NOW - 10, undefined]);
  });

  it('rounds fractions down', () => {
    const fractions = { iat: NOW - 9.5, exp: NOW + 600.9, nbf: NOW - 0.1, auth_time: NOW - 59.001 };
    assert.deepEqual(read(fractions), {
      ...{ iat: NOW - 10, exp: NOW + 600, authTime: NOW - 60, signedInAt: NOW - 60 },
    });
  });

  for (const value of ['2026-11-30T10:00:00.000Z', String(NOW), -1, {}, null, Number.NaN]) {
    it(`treats the auth_time ${JSON.stringify(value)} as absent if nothing needs it`, async () => {
      const { authTime, signedInAt } = read({ auth_time: value }, { ...PROFILE, authTime: null });
      assert.deepEqual([authTime, signedInAt], [NOW - 10, undefined]);
      await assertRefused(
        () => read({ auth_time: value }),
        'invalid_token',
        'auth_time is not a number of seconds',
      );
    });
  }

  it('refuses a readable auth_time in the future, even if nothing needs it', async () => {
    const optional = { ...PROFILE, authTime: null };
    for (const auth_time of [NOW + 6, NOW + 5.1])
      await assertRefused(() => read({ auth_time }, optional), 'invalid_token', 'issued-in-the-future');
  });

  const accepted: Record<string, object> = {
    'exp one second ahead': { exp: NOW + 1 },
    'a lifetime of exactly the maximum': { iat: NOW - 10, exp: NOW + 3590 },
    'iat five seconds ahead': { iat: NOW + 5 },
    'auth_time five seconds ahead': { auth_time: NOW + 5 },
    'nbf five seconds ahead': { nbf: NOW + 5 },
    'nbf in the past': { nbf: NOW - 5 },
    'auth_time at the epoch': { auth_time: 0 },
    'a lifetime of exactly the maximum with fractions': { iat: NOW - 9.75, exp: NOW + 3590.25 },
    'exp less than two seconds ahead': { exp: NOW + 1.999 },
    'iat less than five seconds ahead': { iat: NOW + 4.999 },
  };
  for (const [what, claims] of Object.entries(accepted)) {
    it(`accepts ${what}`, () => assert.ok(read(claims).exp > NOW));
  }

  const refused: Record<string, readonly [claims: object, reason: string]> = {
    'exp now': [{ exp: NOW }, 'token-expired'],
    'exp in the past': [{ exp: NOW - 1 }, 'token-expired'],
    'a lifetime of one second over the maximum': [{ iat: NOW - 10, exp: NOW + 3591 }, 'lifetime-too-long'],
    'exp in the year 2286': [{ exp: 9_999_999_999 }, 'lifetime-too-long'],
    'iat six seconds ahead': [{ iat: NOW + 6 }, 'issued-in-the-future'],
    'auth_time six seconds ahead': [{ auth_time: NOW + 6 }, 'issued-in-the-future'],
    'exp less than a second ahead': [{ exp: NOW + 0.999 }, 'token-expired'],
    'a lifetime of a tenth over the maximum': [{ iat: NOW - 9.9, exp: NOW + 3590.2 }, 'lifetime-too-long'],
    'iat a tenth beyond five seconds': [{ iat: NOW + 5.1 }, 'issued-in-the-future'],
    'nbf a tenth beyond five seconds': [{ nbf: NOW + 5.1 }, 'issued-in-the-future'],
    'nbf six seconds ahead': [{ nbf: NOW + 6 }, 'issued-in-the-future'],
  };
  for (const [what, [claims, reason]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => assertRefused(() => read(claims), 'invalid_token', reason));
  }

  const shapes: Record<string, unknown> = {
    missing: undefined,
    null: null,
    'a string': String(NOW + 600),
    Infinity: Number.POSITIVE_INFINITY,
    NaN: Number.NaN,
    'beyond 2^53': 2 ** 53,
    negative: -1,
    'an array': [NOW],
    'an object': { valueOf: () => NOW },
    true: true,
  };
  for (const claim of ['exp', 'iat', 'auth_time', 'nbf']) {
    for (const [shape, value] of Object.entries(shapes)) {
      if (claim === 'nbf' && value === undefined) continue;
      it(`refuses ${claim} that is ${shape}`, async () => {
        const reason = `${claim} is not a number of seconds`;
        await assertRefused(() => read({ [claim]: value }), 'invalid_token', reason);
      });
    }
  }

  it('refuses milliseconds', async () => {
    const inMs = { iat: NOW * 1000, exp: (NOW + 600) * 1000, auth_time: NOW * 1000 };
    await assertRefused(() => read(inMs), 'invalid_token');
    await assertRefused(() => read({ exp: (NOW + 600) * 1000 }), 'invalid_token');
    await assertRefused(() => read({ auth_time: NOW * 1000 }), 'invalid_token', 'issued-in-the-future');
  });
});
