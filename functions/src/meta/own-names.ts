import { ALL_PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES } from '../authz/roles.ts';

interface Document {
  readonly components: { readonly schemas: { readonly Role: object; readonly Permission: object } };
}

/** The document with the names of this configuration: the npm package is built before an adopter names roles. */
export function withOwnNames<D extends Document>(document: D): D {
  const { components } = document;
  const { Role, Permission } = components.schemas;
  const schemas = {
    ...components.schemas,
    Role: { ...Role, enum: ALL_ROLES },
    Permission: { ...Permission, enum: ALL_PERMISSIONS },
  };
  return { ...document, components: { ...components, schemas } };
}
