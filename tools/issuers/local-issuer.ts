import { once } from 'node:events';
import type { Server } from 'node:http';

/** The users of the local issuers. At each issuer they have a different e-mail address. */
export const PEOPLE = ['ada', 'bo'] as const;
export type Person = (typeof PEOPLE)[number];

export const emailAt = (issuer: 'cognito' | 'auth0' | 'oidc', who: Person) => `${who}@${issuer}.test`;

/** The password of all users, and the secret of the machine client. */
export const PASSWORD = 'gatehouse';

/** Clients of Auth0 and the OpenID provider. A Cognito pool generates the id of its client. */
export const CLIENTS = { web: 'gatehouse-web', machine: 'gatehouse-machine' } as const;

/** The audience of this API in tokens of the local issuers. */
export const AUDIENCE = 'https://api.gatehouse.test';

/** A running local issuer. */
export interface LocalIssuer {
  /** Base URL, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Stops a server and closes its connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
