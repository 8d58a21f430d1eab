"""The public's view of the warehouse: Streamlit pages that read marts, and nothing else."""
