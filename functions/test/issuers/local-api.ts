import { fileURLToPath } from 'node:url';
import type { Response } from 'supertest';
import { type LocalIssuers, startIssuers } from '../../../tools/issuers/start-issuers.ts';
import { createBearerAuthenticator } from '../../src/authn/bearer.ts';
import { createTokenVerifiers } from '../../src/authn/oidc/external-token.ts';
import { readTrustedIssuers } from '../../src/authn/oidc/trusted-issuers.ts';
import { createIdentitiesService } from '../../src/identities/identities-service.ts';
import { type Api, openApi, type Person } from '../helpers/api.ts';

/**
 * The HTTP API as production runs it, Firebase's signatures included, but for one thing: the issuers that it trusts speak
 * plain HTTP on this machine.
 */
export interface LocalApi extends Api {
  /** Asks with a token, as a client over HTTPS. */
  ask(route: string, token: string, body?: object): Promise<Answer>;
  /** The same as one of the people in Firebase. */
  askAs(who: Person, route: string, body?: object): Promise<Answer>;
}

export interface Answer extends Pick<Response, 'status' | 'body'> {
  readonly challenge: string | undefined;
}

/** @param trustedIssuers as in gatehouse.config.ts */
export async function openLocalApi(trustedIssuers: readonly object[]): Promise<LocalApi> {
  const profiles = readTrustedIssuers(trustedIssuers, { local: true, allowFirebase: false });
  const api = await openApi({
    rewire: (deps) => {
      const { accessRecords: records, clock } = deps;
      const config = { ...deps.config, trustedIssuers: profiles };
      const external = createTokenVerifiers({ profiles, fetch, clock, records });
      const bearer = createBearerAuthenticator([...deps.bearer.verifiers, ...external]);
      const { directory, log } = deps;
      const identities = createIdentitiesService({ config, clock, log }, { directory });
      return { ...deps, config, authenticators: [bearer], bearer, identities };
    },
  });
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

/** One of each kind, on free ports. `stop` them in `after`. */
export function startLocalIssuers(
  options: { algorithm?: 'PS256' | 'ES256' | 'EdDSA' } = {},
): Promise<LocalIssuers> {
  const logFile = fileURLToPath(new URL('../../../.gatehouse/test-issuers.log', import.meta.url));
  return startIssuers({ ports: 'free', logFile, ...options });
}

/** A copy in which every such string is another one. */
export function replaced(trustedIssuers: readonly object[], value: string, other: string): object[] {
  return JSON.parse(JSON.stringify(trustedIssuers, (_key, found) => (found === value ? other : found)));
}

/** `200`, or status and code of a refusal. */
export function outcome({ status, body }: Answer): string {
  return status < 400 ? String(status) : `${status} ${body.code}`;
}
