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

/** Table rows of the users of the local issuers. */
export function localUserRows(): string[][] {
  return PEOPLE.map((name) => [
    name,
    `password ${PASSWORD}, at each issuer: ${KINDS.map((kind) => emailAt(kind, name)).join(', ')}`,
  ]);
}

/** Commands to try with the local issuers. Each can be pasted into a shell. */
export function atLocalIssuers({ cognito, auth0, oidc }: LocalIssuers, api: string): string {
  const credentials = JSON.stringify({
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: cognito.clientId,
    AuthParameters: { USERNAME: emailAt('cognito', 'ada'), PASSWORD },
  });
  return `  4. Call the API as a Cognito user, who gets the role support from a Cognito group
     TOKEN=$(curl -s ${cognito.url}/ -H 'Content-Type: application/x-amz-json-1.1' \\
       -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \\
       -d '${credentials}' |
       ${pick('AccessToken')})
     curl -sw '\\n' ${api}/me -H "Authorization: Bearer $TOKEN"

  5. Call the API as an Auth0 user, with the permissions in the Auth0 token
     TOKEN=$(curl -s ${auth0.url}/oauth/token -d grant_type=password -d client_id=${CLIENTS.web} \\
       -d username=${emailAt('auth0', 'ada')} -d password=${PASSWORD} -d audience=${AUDIENCE} |
       ${pick('access_token')})
     curl -sw '\\n' ${api}/me -H "Authorization: Bearer $TOKEN"

  6. List users as a machine client of an OpenID provider
     TOKEN=$(curl -s ${oidc.url}/token -u ${CLIENTS.machine}:${PASSWORD} -d grant_type=client_credentials \\
       -d scope=users:read -d resource=${AUDIENCE} |
       ${pick('access_token')})
     curl -sw '\\n' ${api}/users -H "Authorization: Bearer $TOKEN"`;
}

const pick = (name: string) => `grep -o '"${name}": *"[^"]*"' | cut -d'"' -f4`;
