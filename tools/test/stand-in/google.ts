import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answer } from './apis.ts';
import type { Answer, Call, Project } from './project.ts';

export interface StandIn {
  project: Project;
  /** All requests so far, in their order. */
  calls: Call[];
  /** Requests that the stand-in has no answer to. */
  unknown: string[];
  /** `host:port` of the TLS connections that it refused: calls to an origin that no variable replaces. */
  refused: string[];
  /** `http://127.0.0.1:<port>`. An API is below its host: `<url>/sts.googleapis.com/v1/token`. */
  url: string;
  /** Environment variables that point the Firebase CLI and Gatehouse's own reader to the stand-in. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** The variable of each origin, as in the Firebase CLI's lib/api.js. */
const ORIGINS = {
  ARTIFACT_REGISTRY_DOMAIN: 'artifactregistry',
  CLOUD_RUN_API_URL: 'run',
  CLOUD_RUN_URL: 'run',
  CLOUD_SECRET_MANAGER_URL: 'secretmanager',
  COMPUTE_URL: 'compute',
  EVENTARC_URL: 'eventarc',
  FIREBASE_API_URL: 'firebase',
  FIREBASE_AUTH_MANAGEMENT_URL: 'identitytoolkit',
  FIREBASE_CLOUDBILLING_URL: 'cloudbilling',
  FIREBASE_CLOUDBUILD_URL: 'cloudbuild',
  FIREBASE_CLOUDLOGGING_URL: 'logging',
  FIREBASE_CLOUDSCHEDULER_URL: 'cloudscheduler',
  FIREBASE_CLOUD_TAKS_URL: 'cloudtasks', // its spelling
  FIREBASE_EXT_URL: 'firebaseextensions',
  FIREBASE_FUNCTIONS_URL: 'cloudfunctions',
  FIREBASE_FUNCTIONS_V2_URL: 'cloudfunctions',
  FIREBASE_HOSTING_API_URL: 'firebasehosting',
  FIREBASE_IAM_URL: 'iam',
  FIREBASE_IDENTITY_URL: 'identitytoolkit',
  FIREBASE_PUBSUB_URL: 'pubsub',
  FIREBASE_RESOURCEMANAGER_URL: 'cloudresourcemanager',
  FIREBASE_RULES_URL: 'firebaserules',
  FIREBASE_RUNTIMECONFIG_URL: 'runtimeconfig',
  FIREBASE_SERVICE_USAGE_URL: 'serviceusage',
  FIREBASE_STORAGE_URL: 'storage',
  FIREBASE_TOKEN_URL: 'www',
  FIRESTORE_URL: 'firestore',
};

/**
 * The variables say `http://<api>.googleapis.com`, and the proxy variables lead there: the CLI takes the name of an API from
 * its origin, so an address of the stand-in itself would hide which API is meant.
 */
function environment(port: number): Record<string, string> {
  const proxy = `http://127.0.0.1:${port}`;
  const origins = Object.entries(ORIGINS).map(([name, api]) => [name, `http://${api}.googleapis.com`]);
  return {
    ...Object.fromEntries(origins),
    ...{ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy },
    ...{ NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost' },
    NODE_USE_ENV_PROXY: '1',
    FIREBASE_TOKEN: 'of-a-test',
  };
}

async function read(req: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  // A client without a proxy asks for `/<host>/<path>`.
  const path = req.headers.host?.startsWith('127.0.0.1') ? `http:/${req.url}` : (req.url ?? '/');
  const url = new URL(path, `http://${req.headers.host}`);
  const isJson = bytes.length > 0 && req.headers['content-type']?.startsWith('application/json');
  return {
    method: req.method ?? 'GET',
    host: url.hostname,
    path: decodeURIComponent(url.pathname).replace(/^(?:\/admin)?\/v\d\w*\//, '/'),
    query: url.searchParams,
    body: isJson ? JSON.parse(bytes.toString()) : {},
    bytes,
    authorization: req.headers.authorization,
  };
}

function respond(res: ServerResponse, { status, body, headers }: Answer) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

/**
 * Starts a stand-in for Google's APIs on loopback, with one project in it. It keeps what is written, answers with it, and
 * records each request.
 */
export async function startGoogle(project: Project): Promise<StandIn> {
  const calls: Call[] = [];
  const unknown: string[] = [];
  const refused: string[] = [];
  const server = createServer(async (req, res) => {
    const call = await read(req);
    calls.push(call);
    const answered = answer(call, project);
    if (answered === undefined) unknown.push(`${call.method} ${call.host}${call.path}`);
    respond(res, answered ?? { status: 501, body: { error: { code: 501, message: 'not in the stand-in' } } });
  });
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    if (req.url?.endsWith(':80')) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.emit('connection', socket);
      return;
    }
    refused.push(req.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a TCP server
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { project, calls, unknown, refused, url: `http://127.0.0.1:${port}`, env: environment(port), close };
}
