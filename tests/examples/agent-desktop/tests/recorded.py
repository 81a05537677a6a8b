"""What is in `recordings/conversation.db`: an agent sends a guide, and the customer a photo of what became of it."""

from pathlib import Path

from agent_desktop import File

CONVERSATION = "conversation.db"
GUIDE = File("0001PaBMYY3600RC", "testfileUploadAgent.txt", 46, "/attachments/0001PaBMYY3600RC")
PHOTO = Path(__file__).with_name("router-lights.png").read_bytes()
