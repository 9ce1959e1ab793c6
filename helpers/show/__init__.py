"""What a reader sees: tables, texts and figures of a page, quizzes and checks of the course."""
