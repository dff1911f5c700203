import type { Answer, Body, Call, Project } from './project.ts';

type Handler = (call: Call, project: Project) => Answer | undefined;

const ok = (body: object = {}, headers?: Record<string, string>): Answer => ({
  status: 200,
  body,
  ...(headers && { headers }),
});
const error = (code: number, status: string): Answer => ({
  status: code,
  body: { error: { code, status, message: status } },
});
/** A long-running operation that is over, for those who ask for it again. */
const operations = new Map<string, Answer>();
function operation(response: object): Answer {
  const name = `operations/${operations.size}`;
  const answer = ok({ name, done: true, response });
  operations.set(name, answer);
  return answer;
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a message that an update mask names: all without a mask. */
function merge(old: Body, change: Body): Body {
  const merged = { ...old };
  for (const [name, value] of Object.entries(change)) {
    const before = merged[name];
    merged[name] =
      isObject(value) && isObject(before) && name !== 'environmentVariables' ? merge(before, value) : value;
  }
  return merged;
}

/** Lists the resources of a collection. `-` in its parent's name stands for all parents. */
function list(key: string, project: Project): Body[] {
  const pattern = key.split('/').map((part) => (part === '-' ? '[^/]+' : part.replace(/[().]/g, '\\$&')));
  const child = new RegExp(`^${pattern.join('/')}/[^/]+$`);
  return [...project.resources].filter(([name]) => child.test(name)).map(([, body]) => body);
}

/** What most of Google's APIs do with a resource or a collection of resources. */
function standard({ method, host, path, query, body }: Call, project: Project): Answer | undefined {
  const key = `${host}${path}`;
  const isCollection = path.split('/').length % 2 === 0;
  const found = project.resources.get(key);
  if (method === 'GET' && isCollection) {
    const items = list(key, project);
    return ok(items.length > 0 ? { [path.slice(path.lastIndexOf('/') + 1)]: items } : {});
  }
  if (method === 'GET') return found ? ok(found) : error(404, 'NOT_FOUND');
  if (method === 'POST' && isCollection) {
    const id =
      [...query].find(([name]) => name.endsWith('Id'))?.[1] ??
      String(body.name ?? '')
        .split('/')
        .at(-1) ??
      '';
    const name = `${path}/${id || project.nextId()}`;
    if (project.resources.has(`${host}${name}`)) return error(409, 'ALREADY_EXISTS');
    const created = { ...body, name: name.slice(1) };
    project.resources.set(`${host}${name}`, created);
    return ok(created);
  }
  if (method === 'PATCH') {
    if (!found) return error(404, 'NOT_FOUND');
    const changed = merge(found, body);
    project.resources.set(key, changed);
    return ok(changed);
  }
  if (method === 'DELETE') return project.resources.delete(key) ? ok() : error(404, 'NOT_FOUND');
  return undefined;
}

/** The same, answered with an operation. */
function asOperation(call: Call, project: Project): Answer | undefined {
  const answer = standard(call, project);
  return answer?.status === 200 && call.method !== 'GET' ? operation(answer.body) : answer;
}

const functions: Handler = (call, project) => {
  const { method, path, query, body } = call;
  if (path.endsWith(':generateUploadUrl')) {
    const storageSource = { bucket: 'gcf-v2-uploads', object: `${project.nextId()}.zip` };
    return ok({ uploadUrl: `http://storage.googleapis.com/upload/${storageSource.object}`, storageSource });
  }
  if (method === 'GET' && path.endsWith('/functions')) {
    // Version 1 of the API lists the 1st generation only, version 2 is asked for the 2nd.
    const generation = query.get('filter')?.includes('GEN_2') ? 'GEN_2' : 'GEN_1';
    const all = list(`${call.host}${path}`, project);
    return ok({ functions: all.filter(({ environment }) => environment === generation) });
  }
  if (method === 'GET') return standard(call, project);
  const id = query.get('functionId') ?? path.split('/').at(-1) ?? '';
  const [, , , , location] = path.split('/');
  const service = `projects/${project.id}/locations/${location}/services/${id.toLowerCase()}`;
  const config = isObject(body.serviceConfig) ? body.serviceConfig : {};
  const serviceConfig = {
    ...config,
    serviceAccountEmail:
      config.serviceAccountEmail ?? `${project.number}-compute@developer.gserviceaccount.com`,
    service,
    uri: `https://${id.toLowerCase()}-x.a.run.app`,
  };
  const running = {
    environment: 'GEN_2',
    state: 'ACTIVE',
    url: `https://${location}-${project.id}.cloudfunctions.net/${id}`,
  };
  return asOperation({ ...call, body: { ...body, ...running, serviceConfig } }, project);
};

const resourceManager: Handler = (call, project) => {
  const { path, body } = call;
  const [, verb] = path.split(':');
  if (verb === undefined) {
    return ok({ projectId: project.id, projectNumber: project.number, lifecycleState: 'ACTIVE' });
  }
  if (verb === 'testIamPermissions') {
    const asked = Array.isArray(body.permissions) ? body.permissions : [];
    return ok({ permissions: asked.filter((permission) => !project.denied.has(permission)) });
  }
  const policy = project.get('cloudresourcemanager', 'policy') ?? { bindings: [] };
  if (verb === 'getIamPolicy') return ok(policy);
  if (verb === 'setIamPolicy' && isObject(body.policy)) {
    project.set('cloudresourcemanager', 'policy', { bindings: body.policy.bindings });
    return ok(body.policy);
  }
  return undefined;
};

const services: Handler = ({ method, path }, project) => {
  const [name = '', verb] = path.slice(1).split('/').slice(2).join('/').split(':');
  if (verb === 'generateServiceIdentity') return operation({});
  if (verb === 'enable') project.set('serviceusage', name, { state: 'ENABLED' });
  if (method === 'GET' && name === 'services') {
    return ok({ services: list(project.key('serviceusage', 'services'), project) });
  }
  return ok(project.get('serviceusage', name) ?? { state: 'DISABLED' });
};

const firebase: Handler = (call, project) => {
  const { path } = call;
  if (path.endsWith('/adminSdkConfig')) return ok({ projectId: project.id });
  if (path.endsWith(':searchApps')) {
    return ok({
      apps: list(project.key('firebase', 'webApps'), project).map((app) => ({ ...app, platform: 'WEB' })),
    });
  }
  if (path.endsWith(':provisionFirebaseApp')) return operation({});
  if (path.endsWith('/webApps'))
    return asOperation({ ...call, body: { ...call.body, appId: '1:1:web:1' } }, project);
  if (path === `/projects/${project.id}`) {
    return ok({
      projectId: project.id,
      projectNumber: project.number,
      resources: { hostingSite: project.id },
    });
  }
  return standard(call, project);
};

const rules: Handler = (call, project) => {
  const { method, path, body } = call;
  if (path.endsWith(':test')) return ok({});
  const key = `${call.host}${path}`;
  const createTime = '2026-11-30T00:00:00Z';
  // A release's name may have a slash: `cloud.firestore/<database>`.
  if (path.includes('/releases')) {
    const isNew = method === 'POST';
    const release = isNew ? body : body.release;
    if (isObject(release)) {
      if (!isNew && !project.resources.has(key)) return error(404, 'NOT_FOUND');
      project.resources.set(`${call.host}/${release.name}`, {
        createTime,
        ...project.resources.get(key),
        ...release,
      });
      return ok(release);
    }
    const releases = [...project.resources].filter(([name]) => name.startsWith(`${key}/`));
    return ok({ releases: releases.map(([, value]) => value) });
  }
  return standard({ ...call, body: { ...body, createTime } }, project);
};

const hosting: Handler = (call, project) => {
  const { method, path, query, body } = call;
  const full = path.startsWith('/sites/') ? `/projects/${project.id}${path}` : path;
  if (full.endsWith(':populateFiles')) {
    const hashes = isObject(body.files) ? Object.values(body.files) : [];
    const name = full.slice(1, -':populateFiles'.length);
    project.resources.set(`${call.host}/${name}`, {
      ...project.resources.get(`${call.host}/${name}`),
      files: body.files,
    });
    return ok({
      uploadUrl: `http://upload-firebasehosting.googleapis.com/upload/${name}`,
      uploadRequiredHashes: hashes,
    });
  }
  if (method === 'POST' && full.endsWith('/releases')) {
    return standard(
      {
        ...call,
        path: full,
        query: new URLSearchParams(),
        body: { ...body, version: { name: query.get('versionName') } },
      },
      project,
    );
  }
  return standard({ ...call, path: full }, project);
};

/** The first document of a collection, or of all of that name. A query with a filter finds none. */
function query({ host, path, body }: Call, project: Project): Answer {
  if (project.denied.has('datastore.entities.list')) return error(403, 'PERMISSION_DENIED');
  const { from, where } = body.structuredQuery as {
    from: [{ collectionId: string; allDescendants?: boolean }];
    where?: object;
  }; // as the API defines it
  const [{ collectionId, allDescendants = false }] = from;
  const parent = `${host}${path.replace(':runQuery', '')}`;
  const found = [...project.resources].find(([name]) => {
    if (where || !name.startsWith(`${parent}/`)) return false;
    const collection = name.split('/').slice(0, -1).join('/');
    return allDescendants
      ? collection.endsWith(`/${collectionId}`)
      : collection === `${parent}/${collectionId}`;
  });
  const readTime = '2026-11-30T00:00:00Z';
  return ok([{ ...(found && { document: found[1] }), readTime }]);
}

const firestore: Handler = (call, project) => {
  const { method, path, body } = call;
  if (method === 'PATCH' && path.includes('/fields/')) {
    project.resources.set(`${call.host}${path}`, { ...body, name: path.slice(1) });
    return operation({});
  }
  if (path.endsWith(':runQuery')) return query(call, project);
  if (method === 'POST' && path.endsWith('/indexes')) {
    const answer = standard({ ...call, body: { ...body, state: 'READY' } }, project);
    return answer && operation(answer.body);
  }
  return path.endsWith('/databases') ? asOperation(call, project) : standard(call, project);
};

const identityPlatform: Handler = ({ method, body }, project) => {
  const config = project.get('identitytoolkit', 'config');
  if (!config) return error(404, 'NOT_FOUND');
  if (method === 'PATCH') project.set('identitytoolkit', 'config', { ...config, ...body });
  return ok(project.get('identitytoolkit', 'config'));
};

/** Cloud Run and Secret Manager: resources with a policy of their own. */
const withPolicy: Handler = (call, project) => {
  const [name = '', verb] = call.path.split(':');
  const key = `${call.host}${name}/policy`;
  if (verb === 'getIamPolicy') return ok(project.resources.get(key) ?? {});
  if (verb !== 'setIamPolicy' || !isObject(call.body.policy)) return standard(call, project);
  project.resources.set(key, call.body.policy);
  return ok(call.body.policy);
};

/** What the predefined roles permit of that which the functions need. */
const iam: Handler = (call, project) =>
  call.path === '/roles/editor'
    ? ok({
        includedPermissions: [
          ...['get', 'list', 'create', 'update'].map((verb) => `datastore.entities.${verb}`),
          ...['get', 'update'].map((verb) => `firebaseauth.users.${verb}`),
        ],
      })
    : standard(call, project);

const HANDLERS: Record<string, Handler> = {
  artifactregistry: standard,
  cloudbilling: (_call, project) =>
    ok(project.get('cloudbilling', 'billingInfo') ?? { billingEnabled: true }),
  cloudfunctions: functions,
  cloudresourcemanager: resourceManager,
  cloudscheduler: standard,
  compute: (_call, { number }) =>
    ok({ defaultServiceAccount: `${number}-compute@developer.gserviceaccount.com` }),
  firebase,
  firebaseextensions: standard,
  firebasehosting: hosting,
  firebaserules: rules,
  firestore,
  iam,
  identitytoolkit: identityPlatform,
  run: withPolicy,
  secretmanager: withPolicy,
  serviceusage: services,
  storage: () => ok({}, { 'x-goog-generation': '1' }),
  sts: () =>
    ok({
      access_token: 'federated',
      token_type: 'Bearer',
      expires_in: 3600,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }),
  iamcredentials: () =>
    ok({ accessToken: 'of-the-deployer', expireTime: new Date(Date.now() + 3_600_000).toISOString() }),
  'upload-firebasehosting': () => ok(),
  www: () =>
    ok({ access_token: 'of-the-stand-in', expires_in: 3600, token_type: 'Bearer', scope: 'cloud-platform' }),
};

/** @returns undefined for a request that the stand-in does not know */
export function answer(call: Call, project: Project): Answer | undefined {
  const done = operations.get(call.path.slice(1));
  if (done) return done;
  const service = project.get('serviceusage', `services/${call.host}`);
  if (service?.state === 'DISABLED') return error(403, 'PERMISSION_DENIED');
  const path = call.path.replace(`/projects/${project.number}`, `/projects/${project.id}`);
  return HANDLERS[call.host.replace('.googleapis.com', '')]?.({ ...call, path }, project);
}
