import { callAnonymously } from './api.js';

let pending;

/** The API's OpenAPI document. It is public; read once, and again after a failure. */
async function apiDocument() {
  pending ??= callAnonymously('GET', '/openapi.json');
  try {
    const answer = await pending;
    if (!answer.ok) throw new Error(`${answer.status} ${answer.code}`);
    return answer.body;
  } catch (error) {
    pending = undefined;
    throw error;
  }
}

/** The names of all roles. `GET /roles` has them with their permissions, but requires a permission. */
export async function allRoles() {
  return (await apiDocument()).components.schemas.Role.enum;
}

/** What a caller needs for an operation, as one sentence; `path` as in the document, e.g. `/users/{uid}`. */
export async function requirementOf(method, path) {
  return (await apiDocument()).paths[path]?.[method.toLowerCase()]?.description ?? '';
}
