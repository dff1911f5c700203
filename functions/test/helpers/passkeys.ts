import assert from 'node:assert/strict';
import type supertest from 'supertest';
import { PASSKEY_AUTH_TIME } from '../../src/authn/token-times.ts';
import type { Person } from './api.ts';
import { type Deviations, openAuthenticator, type SoftAuthenticator } from './authenticator.ts';
import { openExchangeApi } from './exchange-api.ts';
import { ORIGIN } from './session-browser.ts';
import { createMovableClock } from './test-directory.ts';

/** The HTTP API as in production, for passkeys of `example.com`, and its users with authenticators in software. */

/** Claims of a sign-in with a passkey in this second. */
export const SECOND_FACTOR = { firebase: { identities: {}, sign_in_provider: 'custom' } };

export type PasskeyApi = Awaited<ReturnType<typeof openPasskeyApi>>;

/** `aal2`: the user has proved a second factor, as one who has a factor must. */
type Enrolling = Parameters<SoftAuthenticator['create']>[1] & { who?: Person; name?: string; aal2?: boolean };

export async function openPasskeyApi(options: Parameters<typeof openExchangeApi>[0] = {}) {
  const clock = createMovableClock();
  const env = { PASSKEY_RP_ID: 'example.com', ...options.env };
  const api = await openExchangeApi({ clock, ...options, env });
  await api.deps.users.get('member'); // provisions the entry
  const now = () => Math.floor(clock() / 1000);

  /** Of a sign-in of this second. @param claims e.g. those of a custom token */
  const idToken = (who: Person, claims: object = {}) =>
    api.idToken(who, {
      ...{ auth_time: now(), iat: now(), exp: now() + 3600 },
      ...{ email: `${who}@example.com`, email_verified: true },
      ...(claims === SECOND_FACTOR && { [PASSKEY_AUTH_TIME]: now() }),
      ...claims,
    });

  /** @param claims of the ID token; without them the request has none */
  async function post(path: string, body: object = {}, who?: Person, claims: object = {}) {
    const sending = api.as().post(`/v1${path}`).set('Origin', ORIGIN).send(body);
    return who === undefined ? sending : sending.set('Authorization', `Bearer ${await idToken(who, claims)}`);
  }

  async function sendCreation(authenticator: SoftAuthenticator, how: Enrolling = {}) {
    const { who = 'member', name, aal2, ...deviations } = how;
    const claims = aal2 ? SECOND_FACTOR : {};
    const { body: options } = await post('/me/factors/passkeys/options', {}, who, claims);
    const response = authenticator.create(options, deviations);
    return post('/me/factors/passkeys', { response, ...(name && { name }) }, who, claims);
  }

  return {
    ...{ api, clock, now, post, idToken, sendCreation },
    close: () => api.close(),

    /** A new authenticator with a passkey of `member`, or of `who`. */
    async enrol(how: Enrolling = {}) {
      const authenticator = openAuthenticator({ origin: ORIGIN, backup: how.backup ?? false });
      const answer = await sendCreation(authenticator, how);
      assert.equal(answer.status, 201, answer.text);
      return { authenticator, factor: answer.body };
    },

    /** The same for a user of the issuer `login`, who has an entry. */
    async enrolExternal(subject: string) {
      const authenticator = openAuthenticator({ origin: ORIGIN });
      const token = await api.mint({ sub: subject, auth_time: now() });
      await api.exchange(token); // provisions the entry
      const send = (path: string, body: object) =>
        api.as().post(`/v1/me/factors/passkeys${path}`).set('Authorization', `Bearer ${token}`).send(body);
      const response = authenticator.create((await send('/options', {})).body);
      const answer = await send('', { response });
      assert.equal(answer.status, 201, answer.text);
      return { authenticator, factor: answer.body };
    },

    async signInOptions() {
      const { status, body } = await post('/passkeys/sign-in/options');
      assert.equal(status, 200);
      return body;
    },

    /** Signs in with the passkey of an authenticator. */
    async signIn(
      authenticator: SoftAuthenticator,
      how: Deviations = {},
      more: object = {},
    ): Promise<supertest.Response> {
      const { body: options } = await post('/passkeys/sign-in/options');
      return post('/passkeys/sign-in/verify', { response: authenticator.get(options, how), ...more });
    },

    /** Changes the entry of a user as an operator. */
    change: (uid: string, edit: Parameters<typeof api.edit>[1]) => api.edit(uid, edit),

    /** The reason of the last refusal in the log. */
    lastReason: () => api.lines.findLast(({ outcome }) => outcome === 'refused')?.reason,
    events: async (action: string) =>
      (await api.firestore.db.collection('auditEvents').where('action', '==', action).get()).docs.map(
        (document) => document.data(),
      ),
  };
}
