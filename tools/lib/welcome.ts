import type { LocalIssuers } from '../issuers/start-issuers.ts';
import { atLocalIssuers, localIssuerRows, localUserRows } from '../issuers/welcome.ts';
import { DEMO_PASSWORD, DEMO_ROLES, demoEmail } from '../seed.ts';
import type { Emulators } from './emulators.ts';
import type { FirestoreKind } from './firestore-option.ts';

const FIRESTORE = { embedded: 'embedded', official: 'Google’s emulator' } as const;

export interface Session {
  emulators: Emulators;
  firestore: FirestoreKind;
  /** Duration of the start, in seconds. */
  seconds: number;
  logFile: string;
  /** Folder in which users and documents are saved between runs. */
  dataFolder?: string;
  issuers?: LocalIssuers;
}

/** The text that `npm start` prints: URLs, demo users and commands to try. */
export function welcome(session: Session): string {
  const { emulators, firestore, seconds, logFile, dataFolder, issuers } = session;
  const { urls, ports } = emulators;
  const { api } = urls;
  const signIn = `${urls.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo`;
  const rows = [
    ['Page', `http://localhost:${ports.hosting}`], // browsers refuse passkeys at an IP address
    ['API', api],
    ['Functions', urls.functions],
    ...(urls.ui ? [['Emulator UI', urls.ui]] : []),
    ['Auth emulator', `127.0.0.1:${ports.auth}`],
    ['Firestore', `127.0.0.1:${ports.firestore} (${FIRESTORE[firestore]})`],
    ...(dataFolder ? [['Data', dataFolder]] : []),
    ['Log', logFile],
    ...(issuers ? localIssuerRows(issuers) : []),
    ['', ''],
    ...DEMO_ROLES.map((role) => [demoEmail(role), `password ${DEMO_PASSWORD}, user id demo-${role}`]),
    ...(issuers ? localUserRows() : []),
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return `
Gatehouse is running (${seconds.toFixed(1)} s). Ctrl-C stops it.

${rows.map(([name = '', value]) => `  ${name.padEnd(width)}  ${value}`.trimEnd()).join('\n')}

Try, in another terminal:

  1. Sign in as the owner
     TOKEN=$(curl -s '${signIn}' -H 'Content-Type: application/json' \\
       -d '{"email":"${demoEmail('owner')}","password":"${DEMO_PASSWORD}","returnSecureToken":true}' |
       grep -o '"idToken": *"[^"]*"' | cut -d'"' -f4)

  2. Get your roles and permissions
     curl -sw '\\n' ${api}/me -H "Authorization: Bearer $TOKEN"

  3. Grant the member the role support
     curl -sw '\\n' ${api}/users/demo-member/grants -H "Authorization: Bearer $TOKEN" \\
       -H 'Content-Type: application/json' -d '{"role":"support","reason":"joins the help desk"}'
${issuers ? `\n${atLocalIssuers(issuers, api)}\n` : ''}`;
}
