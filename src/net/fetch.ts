/** The part of fetch() that the program uses; tests have their own. */
export type Fetch = (
  url: string,
  init: { headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Response>

/** Node's fetch(): HTTP and HTTPS, follows redirects, uses proxies as NODE_USE_ENV_PROXY says. */
export const nodeFetch: Fetch = (url, init) => fetch(url, init)
