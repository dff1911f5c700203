import assert from 'node:assert/strict';
import { GRANT_TYPE } from '../../../src/token-exchange/schema.ts';
import type { SoftAuthenticator } from '../../helpers/authenticator.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { routes } from '../../helpers/operations.ts';
import { openPasskeyApi, type PasskeyApi } from '../../helpers/passkeys.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';

describe('http: public operations read no credential', () => {
  let passkeys: PasskeyApi;
  let api: PasskeyApi['api'];
  let authenticator: SoftAuthenticator;
  before(async () => {
    passkeys = await openPasskeyApi();
    api = passkeys.api;
    ({ authenticator } = await passkeys.enrol());
  });
  after(() => passkeys.close());

  const past = Math.floor(Date.now() / 1000) - 7200;
  const credentials: [what: string, values: () => Promise<string[]>][] = [
    [
      'an expired token',
      async () => [`Bearer ${await mintIdToken({ iat: past, auth_time: past, exp: past + 60 })}`],
    ],
    [
      'a token of another issuer',
      async () => [`Bearer ${await api.mint({ iss: 'https://other.example.com' })}`],
    ],
    ['a token of a user who does not exist', async () => [`Bearer ${await mintIdToken({ sub: 'gone' })}`]],
    ['text that is no token', async () => ['Bearer x']],
    // RFC 6749 §2.3.1: how OAuth clients authenticate, which token exchange does not ask for.
    ['Basic', async () => ['Basic d2ViOnNlY3JldA==']],
    ['an empty header', async () => ['']],
    ['two headers', async () => ['Bearer a.b.c', 'Bearer d.e.f']],
    ['a valid token', async () => [`Bearer ${api.token('owner')}`]],
  ];

  let subjects = 0;
  async function bodyOf(name: string): Promise<string> {
    if (name === 'verifySignIn')
      return JSON.stringify({ response: authenticator.get(await passkeys.signInOptions()) });
    if (name !== 'exchangeToken') return '';
    return new URLSearchParams({
      grant_type: GRANT_TYPE,
      subject_token: await api.mint({ sub: `ada-${++subjects}` }),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }).toString();
  }

  for (const { name, method, path } of routes.filter(({ access }) => access === 'public')) {
    for (const [what, values] of credentials) {
      it(`answers ${name} with ${what}`, async () => {
        const body = await bodyOf(name);
        api.lines.length = 0;
        const form = body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded';
        const answer = await sendRaw(api.port, {
          ...{ method: method.toUpperCase(), path: `/v1${path.replace(':code', 'not_found')}`, body },
          headers: [
            HTTPS,
            ...(await values()).map((value) => ['Authorization', value] as const),
            ...(body === ''
              ? []
              : ([
                  ['Content-Type', form],
                  ['Content-Length', String(body.length)],
                ] as const)),
          ],
        });
        assert.ok([200, 204].includes(answer.status), answer.text);
        const decisions = api.lines.filter(({ kind }) => kind === 'decision');
        assert.deepEqual(
          decisions.map(({ granted, reason, subject }) => [granted, reason, subject]),
          [[true, 'public', '']],
        );
      });
    }
  }
});
