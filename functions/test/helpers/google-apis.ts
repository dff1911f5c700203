import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ORIGINS } from '../../cli/project/origins.ts';
import type { ProjectAccess } from '../../cli/project/request.ts';

/** What Google's APIs answer, by method and path with the query, such as `GET /v1/projects/shop/billingInfo`. */
export type Answers = Record<string, unknown>;

/** An answer that is not 200. */
export class Failure {
  readonly status: number;
  readonly message: string;
  constructor(status: number, message: string) {
    this.status = status;
    this.message = message;
  }
}

/** A call that is never answered. */
export const SILENCE = Symbol('silence');

export interface GoogleApis {
  readonly answers: Answers;
  /** Method, path and body of all requests so far. */
  readonly requests: {
    readonly call: string;
    readonly body: string;
    readonly headers: IncomingHttpHeaders;
  }[];
  readonly access: ProjectAccess;
  close(): Promise<void>;
}

/**
 * Google's APIs on loopback. Until it is closed, the variables of the Firebase CLI point to it, as seen by this process.
 *
 * @param answers may be changed later; a call that is not in it is answered with 404
 */
export async function openGoogleApis(projectId: string, answers: Answers): Promise<GoogleApis> {
  const requests: GoogleApis['requests'] = [];
  const server = createServer(async (req, res) => {
    const body = (await req.toArray()).join('');
    const called = `${req.method} ${decodeURIComponent(req.url ?? '').replaceAll('+', ' ')}`;
    requests.push({ call: called, body, headers: req.headers });
    const answer = Object.hasOwn(answers, called) ? answers[called] : new Failure(404, `no ${called}`);
    if (answer === SILENCE) return;
    const [status, json] =
      answer instanceof Failure ? [answer.status, { error: { message: answer.message } }] : [200, answer];
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(typeof json === 'string' ? json : JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  const variables = Object.values(ORIGINS).map(([variable]) => variable);
  const before = variables.map((variable): [string, string | undefined] => [variable, process.env[variable]]);
  for (const variable of variables) process.env[variable] = `http://127.0.0.1:${port}`;
  return {
    answers,
    requests,
    access: { projectId, accessToken: async () => 'token-of-the-test' },
    async close() {
      for (const [variable, value] of before) {
        if (value === undefined) delete process.env[variable];
        else process.env[variable] = value;
      }
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
