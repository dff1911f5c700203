import { once } from 'node:events';
import type { Server } from 'node:http';

/** Who can sign in at the local issuers, at each under an address of its own. */
export const PEOPLE = ['ada', 'bo'] as const;
export type Person = (typeof PEOPLE)[number];

export const emailAt = (issuer: 'cognito' | 'auth0' | 'oidc', who: Person) => `${who}@${issuer}.test`;

/** Everybody's password there, and the machine's secret. */
export const PASSWORD = 'gatehouse';

/** Apps known to Auth0 and the OpenID provider; a Cognito pool makes up its client's id. */
export const CLIENTS = { web: 'gatehouse-web', machine: 'gatehouse-machine' } as const;

/** The audience of this API in tokens of the local issuers. */
export const AUDIENCE = 'https://api.gatehouse.test';

/** Where an issuer listens, and what has to be ended. */
export interface LocalIssuer {
  /** Base URL, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Ends a server and whatever hangs on it. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
