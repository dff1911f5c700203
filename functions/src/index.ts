import { onRequest } from 'firebase-functions/https';
import { createCallables } from './callables/callables.ts';
import { isDiscovery, loadConfig, params } from './config.ts';
import { instanceDeps } from './deps.ts';
import { createApp } from './http/app.ts';
import { createBlockingFunctions } from './triggers/blocking.ts';
import { createUserCreatedTrigger } from './triggers/user-created.ts';

// A bad setting ends the process here, before a request can reach it. While the CLI looks at the exports, nothing is
// set yet.
if (!isDiscovery()) loadConfig();

const region = params.REGION;

let app: ReturnType<typeof createApp> | undefined;

export const api = onRequest(
  {
    region,
    memory: params.API_MEMORY_MIB,
    concurrency: params.API_CONCURRENCY,
    minInstances: params.API_MIN_INSTANCES,
    maxInstances: params.API_MAX_INSTANCES,
    serviceAccount: params.API_SERVICE_ACCOUNT,
    // Anybody may knock; the guard decides. Hosting's rewrite needs it, too.
    invoker: 'public',
  },
  (req, res) => {
    app ??= createApp(instanceDeps());
    app(req, res);
  },
);

export const { getMyAccess, listUsers, setUserRoles, revokeSessions } = createCallables(
  {
    region,
    memory: params.CALLABLES_MEMORY_MIB,
    concurrency: params.CALLABLES_CONCURRENCY,
    minInstances: params.CALLABLES_MIN_INSTANCES,
    maxInstances: params.CALLABLES_MAX_INSTANCES,
    serviceAccount: params.CALLABLES_SERVICE_ACCOUNT,
    invoker: 'public',
  },
  instanceDeps,
);

const triggerOptions = {
  region,
  memory: params.TRIGGERS_MEMORY_MIB,
  concurrency: params.TRIGGERS_CONCURRENCY,
  minInstances: params.TRIGGERS_MIN_INSTANCES,
  maxInstances: params.TRIGGERS_MAX_INSTANCES,
  serviceAccount: params.TRIGGERS_SERVICE_ACCOUNT,
};

export const { beforeUserCreated, beforeUserSignedIn } = createBlockingFunctions(
  { ...triggerOptions, omit: params.IDENTITY_PLATFORM.equals(false) },
  () => instanceDeps().config,
);

export const onUserCreated = createUserCreatedTrigger(
  { ...triggerOptions, omit: params.IDENTITY_PLATFORM.equals(true) },
  instanceDeps,
);
