import assert from 'node:assert/strict'
import { http, planned, text, uefi } from '../inputs.ts'

describe('boot/rules/http-client', () => {
  it('answers HTTP boot firmware as HTTPClient, with the URL as option 67', () => {
    const result = planned({ client: http })
    assert.equal(text(result, 60), 'HTTPClient')
    assert.equal(text(result, 67), 'http://192.168.2.1:8080/m/02-01-02-03-04-05/boot/loader.efi')
  })

  it('sends neither to firmware that boots by PXE', () => {
    const result = planned({ client: uefi })
    assert.deepEqual([text(result, 60), text(result, 67)], [undefined, undefined])
  })
})
