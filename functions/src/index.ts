// Whatever else writes to the console, the functions framework included, does so in JSON: one line stays one line.
import 'firebase-functions/logger/compat';
import type { RequestListener } from 'node:http';
import { onRequest } from 'firebase-functions/https';
import { createCallables } from './callable/callables.ts';
import { functionOptions, identityPlatform, isDiscovery, loadConfig } from './config.ts';
import { instanceDeps } from './deps.ts';
import { createReconcileSchedule } from './directory/sync/reconcile-schedule.ts';
import { installFrameworkHardening } from './platform/functions-framework.ts';
import { createBlockingFunctions } from './sign-up/blocking-functions.ts';
import { createUserEvents } from './sign-up/user-events.ts';

installFrameworkHardening();

// A bad setting ends the process here, before a request can reach it. While the CLI looks at the exports, nothing is
// set yet.
if (!isDiscovery()) loadConfig();

/** Loaded by the first request: the functions beside this one never need it. */
let app: Promise<RequestListener> | undefined;

async function openApp(): Promise<RequestListener> {
  const { createApp } = await import('./http/app.ts');
  return createApp(instanceDeps());
}

// Anybody may knock; the guard decides.
const invoker = 'public';

// No `invoker`: the CLI makes a new function public, which Hosting's rewrite needs, and then leaves it to the project.
// With one, each deployment would open again what stands behind a gateway.
// `cors: false`: the app answers for CORS; without it the emulator would let in any origin.
export const api = onRequest({ ...functionOptions.api, cors: false }, async (req, res) => {
  app ??= openApp();
  (await app)(req, res);
});

export const { getMyAccess, listUsers, setUserRoles, revokeSessions } = createCallables(
  { ...functionOptions.callables, invoker },
  instanceDeps,
);

export const { beforeUserCreated, beforeUserSignedIn } = createBlockingFunctions(
  { ...functionOptions.triggers, omit: identityPlatform.equals(false) },
  instanceDeps,
);

export const { onUserCreated, onUserDeleted } = createUserEvents(functionOptions.triggers, instanceDeps);

export const reconcileAccess = createReconcileSchedule(functionOptions.triggers, instanceDeps);
