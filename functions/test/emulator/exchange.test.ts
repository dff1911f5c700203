import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signInWithCustomToken } from 'firebase/auth';
import { decodeJwt } from 'jose';
import supertest from 'supertest';
import { externalId } from '../../src/authn/external-identity.ts';
import { createApp } from '../../src/http/app.ts';
import { GRANT_TYPE } from '../../src/token-exchange/schema.ts';
import {
  adminApp,
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  openClient,
  outcome,
  until,
} from '../helpers/emulator.ts';
import { silentLog } from '../helpers/log.ts';
import { itWithNotes } from '../helpers/notes.ts';
import { openInstance } from '../helpers/open-instance.ts';
import { createSigningPair, type SigningPair } from '../helpers/signing.ts';
import { parseTrustedIssuers } from '../helpers/trusted-issuers.ts';
import { loadRules, type RulesRequest } from '../rules/evaluate-rules.ts';

const rules = loadRules(readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8'));

/** An instance on the emulators that trusts an issuer on loopback. */
describe('token exchange, with the Auth emulator', function () {
  this.timeout(30_000);
  let keys: SigningPair;
  let issuer: string;
  let server: Server;
  let http: ReturnType<typeof createApp>;
  before(async () => {
    keys = await createSigningPair('ES256', 'k1');
    server = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [keys.jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Starts the function now, because some tokens below live only a few seconds.
    await api('GET /health');
    const map = { groups: { team: ['member'], helpers: ['support'] } };
    const setting = { type: 'oidc', issuer, audience: 'gatehouse', jwksUri: `${issuer}/keys` };
    const trustedIssuers = parseTrustedIssuers(
      JSON.stringify([{ ...setting, algorithms: ['ES256'], tokenExchange: true, map }]),
      { local: true, allowFirebase: false },
    );
    http = createApp(
      openInstance({ ...localInstance.config, trustedIssuers }, { app: adminApp, log: silentLog, fetch }),
    );
  });
  after(() => server.close());

  let users = 0;
  /** Gets a token of the issuer for a user, exchanges it, and signs in to Firebase with the result. */
  async function signIn(
    groups: readonly string[],
    lifetime = 3600,
    subject = `user-${process.pid}-${++users}`,
  ) {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + lifetime };
    const claims = {
      iss: issuer,
      aud: 'gatehouse',
      sub: subject,
      groups,
      email: 'owner@demo.test',
      ...times,
    };
    const { status, body, text } = await supertest(http)
      .post('/v1/token/exchange')
      .type('form')
      .send({
        grant_type: GRANT_TYPE,
        subject_token: await keys.sign(claims, { typ: 'at+jwt' }),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      });
    assert.equal(status, 200, text);
    const client = openClient();
    const { user } = await signInWithCustomToken(client.auth, body.access_token);
    assert.equal(user.uid, externalId(issuer, subject));
    const { claims: token } = await user.getIdTokenResult();
    const fresh = () => user.getIdToken(true);
    return { uid: user.uid, subject, idToken: await user.getIdToken(), fresh, token, exp: times.exp };
  }

  /** Would firestore.rules allow a request with the user's token? */
  const rulesAllow = ({ uid, token }: Awaited<ReturnType<typeof signIn>>, request: Partial<RulesRequest>) =>
    rules({
      ...{ operation: 'get', path: 'notes/aaaaaaaaaaaaaaaaaaaa', time: new Date() },
      // The claims of a token are JSON.
      ...{ auth: { uid, token: token as never }, before: { owner: uid } },
      ...request,
    });

  itWithNotes(
    'gives a Firebase user the roles of the issuer, in the API and in Firestore rules',
    async () => {
      const ada = await signIn(['team']);
      const me = await api('GET /me', { token: ada.idToken });
      assert.deepEqual([me.status, me.body.uid, me.body.roles], [200, ada.uid, ['member']]);
      const note = await api('POST /notes', { token: ada.idToken, body: { title: 'Hello', body: '' } });
      assert.deepEqual([outcome(note), note.body.owner], ['201', ada.uid]);
      assert.equal(rulesAllow(ada, {}), true);
      assert.equal(rulesAllow(ada, { before: { owner: 'another-user' } }), false);
      const helper = await signIn(['helpers']);
      assert.equal(rulesAllow(helper, { before: { owner: 'another-user' } }), true);
    },
  );

  it('puts the time of the sign-in at the issuer into each ID token of the session', async () => {
    const ada = await signIn(['team'], 1800);
    const refreshed = decodeJwt(await ada.fresh());
    for (const token of [ada.token, refreshed]) assert.equal(token.subject_auth_time, ada.exp - 1800);
    assert.deepEqual(refreshed.roles, ['member']);
  });

  itWithNotes('ends the roles with the issuer’s token, in the API and in Firestore rules', async () => {
    const ada = await signIn(['team'], 6);
    assert.equal(outcome(await api('GET /notes', { token: ada.idToken })), '200');
    assert.equal(rulesAllow(ada, { time: new Date(ada.exp * 1000 - 1) }), true);
    assert.equal(rulesAllow(ada, { time: new Date(ada.exp * 1000) }), false);
    await until('the token has expired', async () => (Date.now() >= ada.exp * 1000 ? true : undefined));
    assert.equal(outcome(await api('GET /notes', { token: ada.idToken })), '403 permission_denied');
    assert.equal(outcome(await api('GET /notes', { token: await ada.fresh() })), '403 permission_denied');
  });

  it('gives no rights of another user with the same e-mail address', async () => {
    const eve = await signIn([]);
    const me = await api('GET /me', { token: eve.idToken });
    assert.deepEqual([me.body.roles, me.body.email], [[], undefined]);
    assert.equal((await authAdmin.getUser(eve.uid)).email, undefined);
  });

  it('is the same user each time, who can be granted roles and disabled', async () => {
    const ada = await signIn(['team']);
    const owner = (await makeSignedIn(['owner'])).idToken;
    const path = `/users/${ada.uid}`;
    const { body: found } = await api(`GET ${path}`, { token: owner });
    assert.deepEqual([found.identity, found.grants[0].grantedBy], [{ issuer, subject: ada.subject }, issuer]);
    const grants = [{ role: 'auditor' }];
    const set = await api(`PUT ${path}/roles`, { token: owner, body: { grants, version: found.version } });
    assert.deepEqual([outcome(set), set.body.synced], ['200', true]);
    const again = await signIn(['team'], 3600, ada.subject);
    assert.deepEqual(again.token.roles, ['auditor', 'member']);

    assert.equal(outcome(await api(`PATCH ${path}`, { token: owner, body: { disabled: true } })), '200');
    await assert.rejects(signIn(['team'], 3600, ada.subject), /400 !== 200/);
    assert.equal((await authAdmin.getUser(ada.uid)).disabled, true);
  });
});
