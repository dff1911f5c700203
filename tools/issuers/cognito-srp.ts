// The part of Cognito that cognito-local lacks: signing in by SRP, which is what AWS's and Amplify's client libraries do
// by default. A proxy for development, in front of cognito-local: it checks the proof, then lets cognito-local issue the
// tokens. All other requests pass through.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { challengeSrp, proofOfSrp } from './srp.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  /** Where cognito-local listens. */
  readonly upstream: string;
  /** The part of the pool's id after the underscore. */
  readonly poolName: string;
  /** SRP needs the password itself on this side; `username` is the user's name in the pool. */
  readonly findUser: (login: string) => { readonly username: string; readonly password: string } | undefined;
}

type Answer = readonly [status: number, body: unknown];

const REFUSED: Answer = [
  400,
  { __type: 'NotAuthorizedException', message: 'Incorrect username or password.' },
];

export async function startSrpFront(options: Options): Promise<Server> {
  const { host, port, upstream, poolName, findUser } = options;
  /** Pending challenges by secret block. Each can be answered once. */
  const challenges = new Map<string, { clientId: string; login: string; password: string; proof: Proof }>();

  function challenge(clientId: string, { USERNAME: login = '', SRP_A = '' }: Fields): Answer {
    const user = findUser(login);
    if (user === undefined) return REFUSED;
    const { username, password } = user;
    const identity = `${poolName}${username}`;
    const srp = challengeSrp(SRP_A, identity, password);
    if (srp === undefined) return REFUSED;
    const secretBlock = randomBytes(64);
    const SECRET_BLOCK = secretBlock.toString('base64');
    const proof: Proof = (timestamp) => proofOfSrp(srp.key, identity, secretBlock, timestamp);
    challenges.set(SECRET_BLOCK, { clientId, login, password, proof });
    const names = { USERNAME: username, USER_ID_FOR_SRP: username };
    const ChallengeParameters = { ...names, SALT: srp.salt, SRP_B: srp.publicB, SECRET_BLOCK };
    return [200, { ChallengeName: 'PASSWORD_VERIFIER', ChallengeParameters }];
  }

  async function verify(clientId: string, responses: Fields): Promise<Answer> {
    const {
      PASSWORD_CLAIM_SECRET_BLOCK: block = '',
      PASSWORD_CLAIM_SIGNATURE = '',
      TIMESTAMP = '',
    } = responses;
    const challenge = challenges.get(block);
    challenges.delete(block);
    if (challenge === undefined || challenge.clientId !== clientId) return REFUSED;
    const expected = challenge.proof(TIMESTAMP);
    const given = Buffer.from(PASSWORD_CLAIM_SIGNATURE, 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return REFUSED;
    const response = await fetch(upstream, {
      method: 'POST',
      headers: amzHeaders('InitiateAuth'),
      body: JSON.stringify({
        ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId },
        AuthParameters: { USERNAME: challenge.login, PASSWORD: challenge.password },
      }),
    });
    return [response.status, await response.json()];
  }

  /** Answers a request of SRP. @returns undefined for other requests */
  async function answer(target: string, body: string): Promise<Answer | undefined> {
    if (!/\.(InitiateAuth|RespondToAuthChallenge)$/.test(target)) return undefined;
    const { AuthFlow, ChallengeName, ClientId, AuthParameters, ChallengeResponses } = JSON.parse(body);
    if (AuthFlow === 'USER_SRP_AUTH') return challenge(ClientId, AuthParameters);
    if (ChallengeName === 'PASSWORD_VERIFIER') return verify(ClientId, ChallengeResponses);
    return undefined;
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { 'x-amz-target': target, 'content-type': type } = req.headers;
    const body = req.method === 'POST' ? await text(req) : undefined;
    const own = typeof target === 'string' && body !== undefined ? await answer(target, body) : undefined;
    if (own) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'access-control-allow-origin': '*' };
      res.writeHead(own[0], headers).end(JSON.stringify(own[1]));
      return;
    }
    const headers = {
      ...(target && { 'x-amz-target': String(target) }),
      ...(type && { 'content-type': type }),
    };
    const passedOn = { method: req.method ?? 'GET', headers, ...(body !== undefined && { body }) };
    const response = await fetch(new URL(req.url ?? '/', upstream), { ...passedOn, redirect: 'manual' });
    const passedBack = [...response.headers].filter(([name]) =>
      /^(content-type|location|access-)/.test(name),
    );
    res.writeHead(response.status, Object.fromEntries(passedBack)).end(await response.text());
  }

  const server = createServer((req, res) => {
    serve(req, res).catch((error) => res.writeHead(502).end(String(error)));
  });
  await once(server.listen(port, host), 'listening');
  return server;
}

type Fields = Readonly<Record<string, string>>;
type Proof = (timestamp: string) => Buffer;

/** How an operation of Cognito is called. */
export function amzHeaders(operation: string): Record<string, string> {
  return {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
  };
}
