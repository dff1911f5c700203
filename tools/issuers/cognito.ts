// A Cognito user pool on loopback: cognito-local, with SRP in front of it. Development only.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import { findFreePort, HOST } from '../lib/ports.ts';
import { ProcessGroup } from '../lib/process-group.ts';
import { amzHeaders, startSrpFront } from './cognito-srp.ts';
import { closeServer, emailAt, type LocalIssuer, PASSWORD, PEOPLE, type Person } from './local-issuer.ts';

/** Ada is in it, Bo is in none. */
const GROUP = 'helpers';

export interface Cognito extends LocalIssuer, Pool {
  /** Signs in with Amplify's client library. */
  signIn(who: Person, options?: SignIn): Promise<CognitoTokens>;
}

export interface CognitoTokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

interface SignIn {
  readonly password?: string;
  readonly flow?: 'USER_SRP_AUTH' | 'USER_PASSWORD_AUTH';
}

interface Pool {
  readonly userPoolId: string;
  readonly clientId: string;
  /** A user's name in the pool, which is their `sub`, by e-mail. */
  readonly usernames: ReadonlyMap<string, string>;
}

/** Starts a pool with a client and all users. It stores nothing, and ends with this process. */
export async function startCognito({ port, logFile }: { port: number; logFile: string }): Promise<Cognito> {
  const inner = await findFreePort();
  const url = `http://${HOST}:${port}`;
  const upstream = `http://${HOST}:${inner}`;
  const folder = dirname(createRequire(import.meta.url).resolve('cognito-local/package.json'));
  const program = [process.execPath, join(folder, 'lib', 'bin', 'start.js')] as const;
  const local = new ProcessGroup('cognito-local', program, (scratch) => {
    // It reads its settings from the working directory. Its tokens must name the URL that clients use.
    mkdirSync(join(scratch, '.cognito'));
    const config = { TokenConfig: { IssuerDomain: url } };
    writeFileSync(join(scratch, '.cognito', 'config.json'), JSON.stringify(config));
    return { PATH: process.env.PATH, HOST, PORT: String(inner) };
  });
  try {
    await local.untilReady({ ready: 'Cognito Local running on' }, { logFile });
    const pool = await createPool(upstream);
    const front = await startSrpFront({
      ...{ host: HOST, port, upstream, poolName: pool.userPoolId.replace(/^.*?_/, '') },
      findUser(login) {
        const username = pool.usernames.get(login);
        return username === undefined ? undefined : { username, password: PASSWORD };
      },
    });
    return {
      ...pool,
      url,
      signIn: (who, options = {}) => signIn(url, pool, who, options),
      async stop() {
        await closeServer(front);
        await local.stop();
      },
    };
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** Calls the Cognito API. cognito-local does not check credentials, even for administrative calls. */
async function call(url: string, operation: string, body: object): Promise<Record<string, Attributes>> {
  const headers = amzHeaders(operation);
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`cognito-local refuses ${operation}: ${answer}`);
  return JSON.parse(answer);
}

type Attributes = Readonly<Record<string, string>>;

async function createPool(url: string): Promise<Pool> {
  const { UserPool } = await call(url, 'CreateUserPool', {
    ...{ PoolName: 'gatehouse', UsernameAttributes: ['email'] },
  });
  const UserPoolId = UserPool?.Id ?? '';
  const { UserPoolClient } = await call(url, 'CreateUserPoolClient', {
    ...{
      UserPoolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH'],
    },
    ...{ AccessTokenValidity: 1, IdTokenValidity: 1 },
    TokenValidityUnits: { AccessToken: 'hours', IdToken: 'hours' },
  });
  await call(url, 'CreateGroup', { UserPoolId, GroupName: GROUP });
  const usernames = new Map<string, string>();
  for (const Username of PEOPLE.map((who) => emailAt('cognito', who))) {
    const UserAttributes = [
      { Name: 'email', Value: Username },
      { Name: 'email_verified', Value: 'true' },
    ];
    const quiet = { MessageAction: 'SUPPRESS' };
    const { User } = await call(url, 'AdminCreateUser', { UserPoolId, Username, UserAttributes, ...quiet });
    usernames.set(Username, User?.Username ?? '');
    await call(url, 'AdminSetUserPassword', { UserPoolId, Username, Password: PASSWORD, Permanent: true });
  }
  await call(url, 'AdminAddUserToGroup', {
    UserPoolId,
    GroupName: GROUP,
    Username: emailAt('cognito', 'ada'),
  });
  return { userPoolId: UserPoolId, clientId: UserPoolClient?.ClientId ?? '', usernames };
}

function signIn(endpoint: string, { userPoolId, clientId }: Pool, who: Person, options: SignIn) {
  const { password: Password = PASSWORD, flow = 'USER_SRP_AUTH' } = options;
  const Username = emailAt('cognito', who);
  const Pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint });
  const user = new CognitoUser({ Username, Pool });
  user.setAuthenticationFlowType(flow);
  return new Promise<CognitoTokens>((resolve, reject) => {
    user.authenticateUser(new AuthenticationDetails({ Username, Password }), {
      onSuccess: (session) =>
        resolve({
          accessToken: session.getAccessToken().getJwtToken(),
          idToken: session.getIdToken().getJwtToken(),
          refreshToken: session.getRefreshToken().getToken(),
        }),
      onFailure: reject,
    });
  });
}
