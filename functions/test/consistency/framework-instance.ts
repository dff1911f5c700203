import { type FrameworkProcess, startFramework } from '../helpers/framework.ts';
import { UNLIMITED } from '../helpers/product.ts';

/** The parts of a response that these tests check. */
export interface Answer {
  readonly status: number;
  readonly code?: string;
}

/** The built functions in a separate process, under the functions framework. */
export interface FrameworkInstance {
  /** @param route e.g. `GET /me` */
  ask(route: string, token: string, body?: object): Promise<Answer>;
  readonly port: number;
  stop(): Promise<void>;
}

interface Settings {
  /** `127.0.0.1:port` of an embedded Firestore. */
  readonly firestore: string;
  /** Port of an AuthServer. */
  readonly auth: number;
  readonly project: string;
  /** Seconds. */
  readonly maxAge: number;
}

/** Starts one in emulator mode, because production refuses a Firestore that is not Google's. */
export async function startInstance(settings: Settings): Promise<FrameworkInstance> {
  const { firestore, auth, project, maxAge } = settings;
  const framework: FrameworkProcess = await startFramework({
    FUNCTIONS_EMULATOR: 'true',
    FIRESTORE_EMULATOR_HOST: firestore,
    FIREBASE_AUTH_EMULATOR_HOST: `127.0.0.1:${auth}`,
    GCLOUD_PROJECT: project,
    ACCESS_CHANGE_MAX_AGE: String(maxAge),
    GATEHOUSE_EMULATOR_CONFIG: JSON.stringify({ rateLimits: UNLIMITED }),
    MFA_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64url')}`,
    METADATA_SERVER_DETECTION: 'none',
  });
  if (!framework.listened) throw new Error(framework.output());
  return {
    async ask(route, token, body) {
      const [method = '', path = ''] = route.split(' ');
      const response = await fetch(`http://127.0.0.1:${framework.port}/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          'X-Forwarded-Proto': 'https',
          ...(body && { 'Content-Type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const { code } = text === '' ? {} : JSON.parse(text);
      return { status: response.status, ...(response.status >= 400 && { code }) };
    },
    port: framework.port,
    stop: framework.stop,
  };
}

/** An unsigned ID token, as from the Auth emulator. The sign-in was a minute ago. */
export function emulatorToken(project: string, uid: string, claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    ...{ iss: `https://securetoken.google.com/${project}`, aud: project },
    ...{ sub: uid, user_id: uid, auth_time: now - 60, iat: now - 10, exp: now + 3590 },
    firebase: { identities: {}, sign_in_provider: 'password' },
    ...claims,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.`;
}
