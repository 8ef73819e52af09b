// fake-wrtc.mjs: just enough of WebRTC for the stock tracker client to make offers and answers.
// What travels through the tracker is real; no peer ever connects.
let count = 0;

export class RTCPeerConnection {
  iceGatheringState = 'complete';
  iceConnectionState = 'new';
  connectionState = 'new';
  signalingState = 'stable';
  localDescription = null;
  remoteDescription = null;
  createDataChannel(label) {
    return { label, readyState: 'connecting', close() {}, binaryType: '' };
  }
  async createOffer() {
    return { type: 'offer', sdp: `v=0\r\no=- ${++count} 2 IN IP4 127.0.0.1\r\ns=übung\r\n` };
  }
  async createAnswer() {
    return { type: 'answer', sdp: `v=0\r\no=- answer to ${this.remoteDescription.sdp.length}\r\n` };
  }
  async setLocalDescription(description) {
    this.localDescription = description;
    setTimeout(() => this.onicecandidate?.({ candidate: null })); // gathering is over
  }
  async setRemoteDescription(description) {
    this.remoteDescription = description;
  }
  async addIceCandidate() {}
  async getStats() {
    return new Map();
  }
  close() {}
}

export class RTCSessionDescription {
  constructor({ type, sdp }) {
    Object.assign(this, { type, sdp });
  }
}
export class RTCIceCandidate {}

export default { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate };
