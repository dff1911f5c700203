import { fileURLToPath } from 'node:url';
import type { Response } from 'supertest';
import { type LocalIssuers, startIssuers } from '../../../tools/issuers/start-issuers.ts';
import { readTrustedIssuers } from '../../src/authn/oidc/trusted-issuers.ts';
import { type Api, openApi, type Person } from '../helpers/api.ts';

/**
 * The HTTP API as in production, with Firebase's signatures, except that the trusted issuers use plain HTTP on this
 * machine.
 */
export interface LocalApi extends Api {
  /** Sends a request with a token, as a client over HTTPS. @param route e.g. `GET /me` */
  ask(route: string, token: string, body?: object): Promise<Answer>;
  /** Sends a request as one of the Firebase users. */
  askAs(who: Person, route: string, body?: object): Promise<Answer>;
}

export interface Answer extends Pick<Response, 'status' | 'body'> {
  readonly challenge: string | undefined;
}

/** @param trustedIssuers as in gatehouse.config.ts */
export async function openLocalApi(trustedIssuers: readonly object[]): Promise<LocalApi> {
  const profiles = readTrustedIssuers(trustedIssuers, { local: true, allowFirebase: false });
  const api = await openApi({ trustedIssuers: profiles });
  const ask: LocalApi['ask'] = async (route, token, body) => {
    const [method = '', path = ''] = route.split(' ');
    const agent = api.as();
    const request =
      method === 'GET' ? agent.get(`/v1${path}`) : agent[METHODS[method] ?? 'post'](`/v1${path}`);
    const {
      status,
      body: answer,
      headers,
    } = await request.set('Authorization', `Bearer ${token}`).send(body);
    return { status, body: answer, challenge: headers['www-authenticate'] };
  };
  return { ...api, ask, askAs: (who, route, body) => ask(route, api.token(who), body) };
}

const METHODS: Readonly<Record<string, 'post' | 'patch' | 'put'>> = {
  POST: 'post',
  PATCH: 'patch',
  PUT: 'put',
};

/** Starts one issuer of each kind, on free ports. `stop` them in `after`. */
export function startLocalIssuers(
  options: { algorithm?: 'PS256' | 'ES256' | 'EdDSA' } = {},
): Promise<LocalIssuers> {
  const logFile = fileURLToPath(new URL('../../../.gatehouse/test-issuers.log', import.meta.url));
  return startIssuers({ ports: 'free', logFile, ...options });
}

/** A copy with every occurrence of this string value replaced. */
export function replaced(trustedIssuers: readonly object[], value: string, other: string): object[] {
  return JSON.parse(JSON.stringify(trustedIssuers, (_key, found) => (found === value ? other : found)));
}

/** The status, with the error code of a refusal, e.g. `404 not_found`. */
export function outcome({ status, body }: Answer): string {
  return status < 400 ? String(status) : `${status} ${body.code}`;
}
