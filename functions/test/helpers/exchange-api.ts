import assert from 'node:assert/strict';
import { createHash, createSign } from 'node:crypto';
import { createServer } from 'node:http';
import supertest from 'supertest';
import { externalId } from '../../src/authn/external-identity.ts';
import type { Config } from '../../src/config.ts';
import type { Edit } from '../../src/directory/edit.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { createApp } from '../../src/http/app.ts';
import { GRANT_TYPE } from '../../src/token-exchange/schema.ts';
import { type Api, openApi } from './api.ts';
import { watchAnswers } from './documented.ts';
import { fetchGoogleAt, googleKey, mintIdToken, PROJECT, SERVICE_ACCOUNT } from './google.ts';
import { LOGIN } from './identities.ts';
import { openKeyServer } from './key-server.ts';
import { recordingLog } from './log.ts';
import { openInstance, type TestInstance } from './open-instance.ts';
import { createSigningPair } from './signing.ts';

/** The HTTP API in front of a fake Google, with external issuers that sign their tokens with real keys. */

const MAP = { groups: { team: ['member'], helpers: ['support'] } };
const oidc = (host: string, more: object) => ({
  ...{ type: 'oidc', issuer: `https://${host}.example.com`, audience: 'gatehouse', map: MAP },
  ...{ jwksUri: `https://${host}.example.com/keys`, tokenExchange: true },
  ...more,
});
/** `login` issues access tokens, `ids` ID tokens; `closed` allows no token exchange, `scoped` maps scopes. */
export const ISSUERS = [
  oidc('login', { services: { claim: 'gty', equals: 'client-credentials' } }),
  oidc('ids', { tokenUse: 'id' }),
  oidc('closed', { tokenExchange: false }),
  oidc('scoped', { map: { ...MAP, scopes: { read: ['notes:read'], all: ['support', 'member'] } } }),
];
const IDS = 'https://ids.example.com';
const TYPES = 'urn:ietf:params:oauth:token-type:';

export interface ExchangeApi extends Api {
  readonly keys: Awaited<ReturnType<typeof openKeyServer>>;
  /** A signed token of `login`, or of the issuer that `claims` names. */
  mint(claims?: Record<string, unknown>): Promise<string>;
  /** Requests a token exchange. `fields` replace the defaults; a field with the value `undefined` is left out. */
  exchange(token: string, fields?: Record<string, unknown>, deps?: TestInstance): Promise<supertest.Response>;
  /** Exchanges a token of these groups. @returns the uid of the custom token */
  exchanged(groups: readonly string[], claims?: Record<string, unknown>): Promise<string>;
  /** The ID token that Firebase would issue now for this account. @param claims of the custom token */
  idToken(uid: string, claims?: object): Promise<string>;
  /** Changes a directory entry, with an operator as the actor. */
  edit(uid: string, what: Edit): Promise<unknown>;
  /** The directory entry. @param uid default: Ada's */
  entry(uid?: string): Promise<DirectoryEntry>;
  /** The custom claims of an account. @param uid default: Ada's */
  claims(uid?: string): Record<string, unknown>;
  /** Another instance on the same Firestore and Firebase Auth. */
  another(config?: Config): TestInstance;
}

export async function openExchangeApi(options: Parameters<typeof openApi>[0] = {}): Promise<ExchangeApi> {
  const keys = await openKeyServer();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish({ keys: [pair.jwk] });
  const product = { trustedIssuers: ISSUERS, ...options.product };
  const api = await openApi({ ...options, product, fetch: keys.fetch });
  serveSigning(api);

  const mint: ExchangeApi['mint'] = (claims = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: LOGIN, aud: 'gatehouse', sub: 'ada', iat: now - 10, exp: now + 3590 };
    // RFC 9068 §2.1 for access tokens.
    return pair.sign({ ...usual, ...claims }, { typ: claims.iss === IDS ? 'JWT' : 'at+jwt' });
  };
  const exchange: ExchangeApi['exchange'] = (token, fields = {}, deps = api.deps) =>
    supertest(watchAnswers(createServer(createApp(deps))))
      .post('/v1/token/exchange')
      .set('X-Forwarded-Proto', 'https')
      .send({
        ...{ grant_type: GRANT_TYPE, subject_token: token, subject_token_type: `${TYPES}access_token` },
        ...fields,
      });
  return {
    ...api,
    ...{ keys, mint, exchange },
    async exchanged(groups, claims = {}) {
      const answer = await exchange(await mint({ groups, ...claims }));
      assert.equal(answer.status, 200, answer.text);
      return claimsOf(answer.body.access_token).uid;
    },
    idToken(uid, claims = {}) {
      const { customAttributes = '{}' } = api.google.users.get(uid) ?? assert.fail('no account');
      const signedIn = { sub: uid, user_id: uid, email: undefined, email_verified: undefined };
      return mintIdToken({
        ...signedIn,
        auth_time: Math.floor(Date.now() / 1000),
        ...JSON.parse(customAttributes),
        ...claims,
      });
    },
    edit: (uid, what) =>
      api.deps.changeAccess({ kind: 'operator', requestId: 'r' }, { uid, action: 'roles.set' }, () => what),
    entry: async (uid = idOf('ada')) => (await api.deps.directory.find(uid)) ?? assert.fail('no entry'),
    claims: (uid = idOf('ada')) => JSON.parse(api.google.users.get(uid)?.customAttributes ?? '{}'),
    another: (config = api.deps.config) =>
      openInstance(config, {
        ...{ app: api.google.app, firestore: api.firestore.open, log: recordingLog().log },
        ...{ fetch: fetchGoogleAt(api.google.url, keys.fetch), clock: api.deps.clock },
      }),
    async close() {
      await api.close();
      await keys.close();
    },
  };
}

export const idOf = (subject: string, issuer: string = LOGIN) => externalId(issuer, subject);

/** The claims of a token, without verifying it. */
export function claimsOf(token: string): Record<string, string> & { uid: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

export const SIGN_BLOB = `/v1/projects/-/serviceAccounts/${SERVICE_ACCOUNT}:signBlob`;

/** Serves account creation and IAM's signBlob, with which a function without a private key signs custom tokens. */
function serveSigning({ google }: Api): void {
  google.answer(`/v1/projects/${PROJECT}/accounts`, (_req, body) => {
    const { localId, ...rest } = JSON.parse(body) as { localId: string };
    assert.deepEqual(rest, {}, 'only the uid');
    if (google.users.has(localId)) {
      return (res) => res.writeHead(400, { 'Content-Type': 'application/json' }).end(DUPLICATE);
    }
    google.users.set(localId, { localId });
    return { localId };
  });
  google.answer(SIGN_BLOB, (_req, body) => {
    const payload = Buffer.from((JSON.parse(body) as { payload: string }).payload, 'base64');
    const signature = createSign('RSA-SHA256').update(payload).sign(googleKey.privateKey, 'base64');
    return { keyId: createHash('sha256').update(googleKey.kid).digest('hex'), signedBlob: signature };
  });
}

const DUPLICATE = JSON.stringify({ error: { message: 'DUPLICATE_LOCAL_ID' } });

/** `200`, or status and error code. */
export const outcome = ({ status, body }: supertest.Response) =>
  status === 200 ? '200' : `${status} ${body.code}`;

/** A grant of this role by Olga. */
export const grant = (role: 'member' | 'admin') => ({ role, grantedBy: 'olga', grantedAt: 1 });
