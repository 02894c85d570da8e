import type { Share, ShareRequest } from '../../src/nfs/share-list.ts'

/** A share for tests. */
export const aShare = (be: string, more: Partial<Share> = {}): Share => ({
  be,
  path: `/ROOT/${be}`,
  clients: ['192.168.2.0/24'],
  maproot: 'root',
  readOnly: false,
  id: 1,
  ...more,
})

/** A request for tests. */
export const aRequest = (be: string, more: Partial<ShareRequest> = {}): ShareRequest => {
  const { id: _, children: __, ...request } = aShare(be)
  return { ...request, ...more }
}
