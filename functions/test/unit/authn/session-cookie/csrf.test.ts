import assert from 'node:assert/strict';
import {
  type CsrfCheck,
  checkCsrf,
  csrfCheckFor,
  csrfTokenOf,
} from '../../../../src/authn/session-cookie/csrf.ts';
import type { RefusalReason } from '../../../../src/core/refusal-reasons.ts';
import { requestWith } from '../../../helpers/credential-request.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { sessionOf } from '../../../helpers/session-port.ts';

const ORIGIN = 'https://app.example.com';
const session = sessionOf(1_800_000_000);
const TOKEN = csrfTokenOf(session);

type Headers = Readonly<Record<string, readonly string[]>>;
const from = (origin: string, ...tokens: string[]): Headers => ({ origin: [origin], 'x-csrf-token': tokens });

const attempt = (headers: Headers, check: CsrfCheck | undefined, hasEnded = false) =>
  checkCsrf({
    ...{ request: requestWith(headers), check, session: hasEnded ? undefined : session },
    isAllowedOrigin: (origin) => origin === ORIGIN,
  });

describe('CSRF check', () => {
  it('is needed for every method but GET, HEAD and OPTIONS', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal(csrfCheckFor(method), 'none');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', 'QUERY', undefined])
      assert.equal(csrfCheckFor(method), 'token');
  });

  it('has a token of 256 bits for each session and key', () => {
    assert.match(TOKEN, /^[\w-]{43}$/);
    const others = [{ id: 'device-b' }, { csrfKey: 'x'.repeat(43) }];
    for (const more of others) assert.notEqual(csrfTokenOf({ ...session, ...more }), TOKEN);
    // After a rotation only these two are the same.
    assert.equal(csrfTokenOf(sessionOf(1, { rolesVersion: 9, validSince: 2 })), TOKEN);
  });

  const passing: [what: string, headers: Headers, check?: CsrfCheck][] = [
    ['an allowed origin and the token', from(ORIGIN, TOKEN)],
    ['no origin, same-origin and the token', { 'sec-fetch-site': ['same-origin'], 'x-csrf-token': [TOKEN] }],
    ['a callable of an allowed origin', from(ORIGIN), 'origin'],
    ['a callable with the token', from(ORIGIN, TOKEN), 'origin'],
    ['a request that changes nothing', from('https://evil.example'), 'none'],
  ];
  for (const [what, headers, check] of passing) {
    it(`passes ${what}`, () => assert.doesNotThrow(() => attempt(headers, check)));
  }

  const refused: [what: string, headers: Headers, reason: RefusalReason, check?: CsrfCheck][] = [
    ['no header at all', {}, 'csrf-origin'],
    ['the token without any origin', { 'x-csrf-token': [TOKEN] }, 'csrf-origin'],
    ['another origin', from('https://evil.example', TOKEN), 'csrf-origin'],
    ['origin null', from('null', TOKEN), 'csrf-origin'],
    ['two origins', { origin: [ORIGIN, ORIGIN], 'x-csrf-token': [TOKEN] }, 'csrf-origin'],
    [
      'another origin that claims same-origin',
      { ...from('https://evil.example', TOKEN), 'sec-fetch-site': ['same-origin'] },
      'csrf-origin',
    ],
    ['another subdomain', { 'sec-fetch-site': ['same-site'], 'x-csrf-token': [TOKEN] }, 'csrf-origin'],
    ['an address bar', { 'sec-fetch-site': ['none'], 'x-csrf-token': [TOKEN] }, 'csrf-origin'],
    ['no token', from(ORIGIN), 'csrf-token-missing'],
    ['an empty token', from(ORIGIN, ''), 'csrf-token-wrong'],
    ['a token cut off', from(ORIGIN, TOKEN.slice(0, -1)), 'csrf-token-wrong'],
    ['two tokens', from(ORIGIN, TOKEN, TOKEN), 'csrf-token-wrong'],
    ['the token of another session', from(ORIGIN, csrfTokenOf({ ...session, id: 'b' })), 'csrf-token-wrong'],
    ['a callable of another origin', from('https://evil.example'), 'csrf-origin', 'origin'],
    ['a callable with a wrong token', from(ORIGIN, 'x'), 'csrf-token-wrong', 'origin'],
  ];
  for (const [what, headers, reason, check] of refused) {
    it(`refuses ${what}`, () => assertRefused(() => attempt(headers, check), 'csrf_failed', reason));
  }

  it('checks only the origin of an ended session, which has no token', async () => {
    assert.doesNotThrow(() => attempt(from(ORIGIN), 'token', true));
    await assertRefused(() => attempt(from('null'), 'token', true), 'csrf_failed', 'csrf-origin');
  });
});
