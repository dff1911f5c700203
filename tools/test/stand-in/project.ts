export type Body = Record<string, unknown>;

/** A request that the stand-in answered. */
export interface Call {
  method: string;
  /** `firestore.googleapis.com` */
  host: string;
  /** Without the API's version: `/projects/shop/databases/(default)`. */
  path: string;
  query: URLSearchParams;
  /** Parsed JSON, or the bytes of anything else. */
  body: Body;
  bytes: Buffer;
  /** The `authorization` header. */
  authorization: string | undefined;
}

export interface Answer {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** A Firebase project as Google's APIs show it: the resources by `<host>/<name>`. */
export class Project {
  readonly id: string;
  readonly number: string;
  readonly resources = new Map<string, Body>();
  /** Permissions that the caller does not have. */
  readonly denied = new Set<string>();
  #next = 1;

  constructor(id: string, number = '1234567890') {
    this.id = id;
    this.number = number;
  }

  /** @param name without `projects/<id>/` */
  key(api: string, name: string): string {
    return `${api}.googleapis.com/projects/${this.id}${name && `/${name}`}`;
  }

  get(api: string, name: string): Body | undefined {
    return this.resources.get(this.key(api, name));
  }

  set(api: string, name: string, body: Body): void {
    this.resources.set(this.key(api, name), { name: `projects/${this.id}/${name}`, ...body });
  }

  nextId(): string {
    return `id${this.#next++}`;
  }

  /** A copy of all resources, to compare with later. */
  snapshot(): Map<string, Body> {
    return structuredClone(this.resources);
  }
}
