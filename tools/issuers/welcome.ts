import { AUDIENCE, CLIENTS, emailAt, PASSWORD, PEOPLE } from './local-issuer.ts';
import type { LocalIssuers } from './start-issuers.ts';

const KINDS = ['cognito', 'auth0', 'oidc'] as const;

/** Rows of the table that `npm start` prints. */
export function localIssuerRows({ cognito, auth0, oidc }: LocalIssuers): string[][] {
  return [
    ['Cognito', `${cognito.url} (cognito-local; pool ${cognito.userPoolId}, client ${cognito.clientId})`],
    ['Auth0', `${auth0.url} (oauth2-mock-server, tokens in the shape of Auth0’s)`],
    ['OpenID', `${oidc.url} (oidc-provider)`],
  ];
}

/** Who can sign in there. */
export function localUserRows(): string[][] {
  return PEOPLE.map((name) => [
    name,
    `password ${PASSWORD}, at each issuer: ${KINDS.map((kind) => emailAt(kind, name)).join(', ')}`,
  ]);
}

/** What to try at the local issuers: each line can be pasted into a shell. */
export function atLocalIssuers({ cognito, auth0, oidc }: LocalIssuers, api: string): string {
  const credentials = JSON.stringify({
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: cognito.clientId,
    AuthParameters: { USERNAME: emailAt('cognito', 'ada'), PASSWORD },
  });
  return `  4. A user of Cognito, whose group makes her a supporter here
     TOKEN=$(curl -s ${cognito.url}/ -H 'Content-Type: application/x-amz-json-1.1' \\
       -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \\
       -d '${credentials}' |
       ${pick('AccessToken')})
     curl -sw '\\n' ${api}/me -H "Authorization: Bearer $TOKEN"

  5. A user of Auth0, with the permissions that Auth0 gives her
     TOKEN=$(curl -s ${auth0.url}/oauth/token -d grant_type=password -d client_id=${CLIENTS.web} \\
       -d username=${emailAt('auth0', 'ada')} -d password=${PASSWORD} -d audience=${AUDIENCE} |
       ${pick('access_token')})
     curl -sw '\\n' ${api}/me -H "Authorization: Bearer $TOKEN"

  6. A machine, known to an OpenID provider, which may read users
     TOKEN=$(curl -s ${oidc.url}/token -u ${CLIENTS.machine}:${PASSWORD} -d grant_type=client_credentials \\
       -d scope=users:read -d resource=${AUDIENCE} |
       ${pick('access_token')})
     curl -sw '\\n' ${api}/users -H "Authorization: Bearer $TOKEN"`;
}

const pick = (name: string) => `grep -o '"${name}": *"[^"]*"' | cut -d'"' -f4`;
