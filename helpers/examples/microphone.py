"""A button that records what is said in the reader's browser, for the page on spoken commands."""

from collections.abc import Callable
from typing import Any

from helpers.stages.errors import DataError

SECONDS = 2
# The browser records and writes a wav file. Its upload field is not in the document, so it is
# caught when its button is pressed, and given the file. Where widgets live in a frame of their own
# (Colab) there is no such button to press: the link is left.
SCRIPT = """
<button id="slm-say" style="padding:.4em 1em">Say a word</button> <a id="slm-wav"></a>
<script>
{
const button = document.getElementById("slm-say"), link = document.getElementById("slm-wav");
function toWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, s) => [...s].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, 32767 * Math.max(-1, Math.min(1, x)), true));
  return new File([view], "said.wav", {type: "audio/wav"});
}
function hand(file) {
  link.href = URL.createObjectURL(file); link.download = file.name; link.textContent = "recording";
  const upload = document.querySelector(".slm-upload"), open = HTMLInputElement.prototype.click;
  if (!upload) return;
  HTMLInputElement.prototype.click = function () {
    const given = new DataTransfer(); given.items.add(file);
    this.files = given.files; this.dispatchEvent(new Event("change"));
  };
  try { upload.click(); } finally { HTMLInputElement.prototype.click = open; }
}
button.onclick = async () => {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({audio: true});
    button.textContent = "Listening …"; button.disabled = true;
    const recorder = new MediaRecorder(stream), chunks = [];
    recorder.ondataavailable = event => chunks.push(event.data);
    recorder.onstop = async () => {
      stream.getTracks().forEach(track => track.stop());
      const context = new AudioContext();
      const sound = await context.decodeAudioData(await new Blob(chunks).arrayBuffer());
      hand(toWav(sound.getChannelData(0), sound.sampleRate));
      context.close(); button.textContent = "Say a word"; button.disabled = false;
    };
    recorder.start(); setTimeout(() => recorder.stop(), SECONDS * 1000);
  } catch (error) { button.textContent = "No microphone: " + error.name; button.disabled = false; }
};
}
</script>
""".replace("SECONDS", str(SECONDS))


def recorder(answer: Callable[[bytes], str]) -> Any:
    """Return a widget that records, or takes a wav file, and shows what `answer` says of it.

    Shows the button itself at once: scripts run in an output of its own only.
    """
    import ipywidgets as widgets
    from IPython.display import HTML, display

    upload = widgets.FileUpload(accept=".wav", description="or a wav file")
    upload.add_class("slm-upload")
    heard = widgets.Label()

    def show(change: dict[str, Any]) -> None:
        try:
            heard.value = answer(bytes(upload.value[0]["content"]))
        except DataError as error:
            heard.value = str(error)

    upload.observe(show, "value")
    display(HTML(SCRIPT))
    return widgets.HBox([upload, heard])
